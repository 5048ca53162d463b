import { Injectable } from '@nestjs/common';
import { AppError, newId, Secrets } from '#platform/core';
import { Db } from '#platform/database';
import { networkOf } from '#platform/http';

const WINDOW_MINUTES = 15;
/** Failures of one network on one account; attempts that are still under way count as such. */
const PAIR_LIMIT = 10;
/** Failures of one network, over all accounts: an office behind one address mistypes, a list of leaked passwords does more. */
const ADDRESS_LIMIT = 50;
/**
 * Failures on one account from everywhere in an hour. Networks it has signed in from are exempt, so an attack never locks its owner out.
 */
const ACCOUNT_LIMIT = 100;
/** Refusals remembered in this process, so that a flood of them costs no statement each. */
const MOST_REMEMBERED = 10_000;

/** One attempt that may go on; `succeeded()` clears what its network had failed on this account. */
export interface Attempt {
  succeeded(): Promise<void>;
  /** It was neither: as if it had not been made. */
  withdraw(): Promise<void>;
}

interface Counts {
  pair: number;
  address: number;
  account: number;
  trusted: boolean;
}

/**
 * Slows guessing down. The attempt is written before the password is looked at and counted afterwards, so a hundred guesses sent at
 * once count each other and no more than the limit get through, over all processes. Known and unknown accounts are counted alike.
 */
@Injectable()
export class ThrottleService {
  private readonly refusedUntil = new Map<string, number>();

  constructor(
    private readonly db: Db,
    private readonly secrets: Secrets,
  ) {}

  async begin(accountName: string, ip: string): Promise<Attempt> {
    const account = this.secrets.sign('tenancy.throttle-account', accountName);
    const address = this.secrets.sign('tenancy.throttle-address', networkOf(ip));
    const pair = `${account} ${address}`;
    const until = this.refusedUntil.get(pair) ?? 0;
    if (until > Date.now()) throw tooMany(until - Date.now());
    const id = newId();
    return this.db.system('count sign-in attempts', async () => {
      await this.db.query('insert into tenancy.sign_in_attempt (id, account, address) values ($1, $2, $3)', [id, account, address]);
      const counts = await this.count(account, address);
      if (counts.pair > PAIR_LIMIT || counts.address > ADDRESS_LIMIT || (counts.account > ACCOUNT_LIMIT && !counts.trusted)) {
        await this.db.query('delete from tenancy.sign_in_attempt where id = $1', [id]);
        throw this.refuse(pair);
      }
      return {
        succeeded: () => this.settle('note a successful sign-in', 'update tenancy.sign_in_attempt set succeeded = true where id = $1', id),
        withdraw: () => this.settle('a sign-in that waits for a second factor', 'delete from tenancy.sign_in_attempt where id = $1', id),
      };
    });
  }

  private async settle(reason: string, sql: string, id: string): Promise<void> {
    await this.db.systemQuery(reason, sql, [id]);
  }

  /** Failures of the pair count from its last success on. */
  private async count(account: string, address: string): Promise<Counts> {
    const [counts] = await this.db.query<Counts>(
      `with recent as (
         select account, address, succeeded, at from tenancy.sign_in_attempt
         where (account = $1 or address = $2) and at > now() - interval '1 hour'),
       pair as (
         select max(at) as success from tenancy.sign_in_attempt
         where account = $1 and address = $2 and succeeded)
       select
         count(*) filter (where account = $1 and address = $2 and at > coalesce(pair.success, '-infinity') and at > now() -
         make_interval(mins => $3))::int as pair,
         count(*) filter (where address = $2 and at > now() - make_interval(mins => $3))::int as address,
         count(*) filter (where account = $1)::int as account,
         coalesce(bool_or(pair.success is not null), false) as trusted
       from recent, pair where not recent.succeeded`,
      [account, address, WINDOW_MINUTES],
    );
    return counts!;
  }

  private refuse(pair: string): AppError {
    if (this.refusedUntil.size >= MOST_REMEMBERED) this.refusedUntil.clear();
    const wait = 60_000;
    this.refusedUntil.set(pair, Date.now() + wait);
    return tooMany(wait);
  }
}

function tooMany(waitMs: number): AppError {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new AppError('rate-limited', 'tenancy.too-many-attempts',
    `Too many attempts to sign in failed from here, so this one was not looked at. Try again in ${WINDOW_MINUTES} minutes at the ` +
      `latest; other places can still sign in.`, {
    retryAfterSeconds,
  });
}
