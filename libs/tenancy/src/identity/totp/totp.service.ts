import { randomBytes, randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError, Secrets } from '#platform/core';
import { Db } from '#platform/database';
import { base32, keyUri, stepOfCode } from './code.js';

const SECRET_PURPOSE = 'tenancy.totp';
const RECOVERY_PURPOSE = 'tenancy.recovery-code';
const SECRET_BYTES = 20;
const RECOVERY_CODES = 10;
/** No 0, 1, I, L, O: 50 bits in ten characters that nobody misreads. */
const RECOVERY_LETTERS = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';

/** A fresh authenticator, in force once a code of it was given. */
export interface NewAuthenticator {
  /** Base32, for typing. */
  secret: string;
  /** For a QR code. */
  uri: string;
}

export const SECOND_FACTOR_NEEDED = 'tenancy.second-factor-needed';

/** Used codes are wrong ones. */
export function wrongCode(code: 'unauthenticated' | 'forbidden'): AppError {
  return new AppError(code, 'tenancy.second-factor-wrong',
    'This code is wrong or was used before, so nothing happened. Wait for the next one, or use a recovery code.');
}

/** Where the authenticators of a kind of people stand, and the column that says whose each is. */
export interface FactorTables {
  authenticators: 'tenancy.totp' | 'tenancy.operator_totp';
  recoveryCodes: 'tenancy.recovery_code' | 'tenancy.operator_recovery_code';
  holder: 'identity_id' | 'operator_id';
}

/** Second factors of persons: codes of an authenticator app (RFC 6238), and recovery codes for when it is lost. */
@Injectable()
export class TotpService {
  protected readonly tables: FactorTables = { authenticators: 'tenancy.totp', recoveryCodes: 'tenancy.recovery_code',
    holder: 'identity_id' };

  constructor(
    private readonly db: Db,
    private readonly secrets: Secrets,
  ) {}

  async active(holderId: string): Promise<boolean> {
    const rows = await this.db.systemQuery(
      'whether a person has a second factor',
      `select 1 from ${this.tables.authenticators} where ${this.tables.holder} = $1 and confirmed_at is not null`,
      [holderId],
    );
    return rows.length > 0;
  }

  /** Replaces one that was never confirmed; one that is in force has to be taken away first. */
  async begin(holderId: string, account: string): Promise<NewAuthenticator> {
    const secret = randomBytes(SECRET_BYTES);
    const made = await this.db.systemQuery(
      'a person sets up a second factor',
      `insert into ${this.tables.authenticators} as present (${this.tables.holder}, secret) values ($1, $2)
       on conflict (${this.tables.holder}) do update set secret = excluded.secret, last_step = 0, created_at = now() where
       present.confirmed_at is null returning 1`,
      [holderId, this.secrets.seal(SECRET_PURPOSE, secret, holderId)],
    );
    if (made.length === 0) throw new AppError('conflict', 'tenancy.totp-exists',
      'You have a second factor already, and it was left as it is. Take it away first.');
    return { secret: base32(secret), uri: keyUri(secret, 'Atoll', account) };
  }

  /** The first right code puts it in force, and gives the recovery codes. */
  async confirm(holderId: string, code: string): Promise<string[] | undefined> {
    if (await this.active(holderId)) throw new AppError('conflict', 'tenancy.totp-exists', 'Your second factor is in force already.');
    if (!(await this.takeStep(holderId, code))) return undefined;
    await this.db.systemQuery(
      'a second factor comes into force',
      `update ${this.tables.authenticators} set confirmed_at = now() where ${this.tables.holder} = $1`,
      [holderId],
    );
    return this.newRecoveryCodes(holderId);
  }

  /** Whether this is a code of the person's authenticator or one of their recovery codes. Each works once, of however many at once. */
  async use(holderId: string, code: string): Promise<boolean> {
    if (/^\d{6}$/.test(code)) return this.takeStep(holderId, code);
    const used = await this.db.systemQuery(
      'a recovery code is used up',
      `delete from ${this.tables.recoveryCodes} where ${this.tables.holder} = $1 and code_hash = $2 returning 1`,
      [holderId, this.hashOf(holderId, code)],
    );
    return used.length > 0;
  }

  /** Throws where the code is missing or wrong. */
  async demand(holderId: string, code: string | undefined): Promise<void> {
    if (code === undefined) throw new AppError('unauthenticated', SECOND_FACTOR_NEEDED,
      'You are who you say so far, and a second factor is needed. Send the same again with "code": six digits of your authenticator, or ' +
        'a recovery code.');
    if (!(await this.use(holderId, code))) throw wrongCode('unauthenticated');
  }

  /** The former ones end. */
  async newRecoveryCodes(holderId: string): Promise<string[]> {
    const codes = Array.from({ length: RECOVERY_CODES }, recoveryCode);
    await this.db.system('new recovery codes', () =>
      this.db.tx(async () => {
        await this.db.query(`delete from ${this.tables.recoveryCodes} where ${this.tables.holder} = $1`, [holderId]);
        await this.db.query(`insert into ${this.tables.recoveryCodes} (${this.tables.holder}, code_hash) select $1, unnest($2::text[])`,
          [holderId, codes.map((code) => this.hashOf(holderId, code))]);
      }),
    );
    return codes;
  }

  async remove(holderId: string): Promise<void> {
    await this.db.systemQuery(
      'a second factor is taken away', `delete from ${this.tables.authenticators} where ${this.tables.holder} = $1`, [holderId],
    );
  }

  /** A step that was used, and every one before it, is void: a code that somebody watched being typed opens nothing. */
  private async takeStep(holderId: string, code: string): Promise<boolean> {
    const [row] = await this.db.systemQuery<{ secret: string }>(
      'the authenticator of a person', `select secret from ${this.tables.authenticators} where ${this.tables.holder} = $1`, [holderId],
    );
    const step = row && stepOfCode(this.secrets.open(SECRET_PURPOSE, row.secret, holderId), code, Date.now());
    if (step === undefined) return false;
    const taken = await this.db.systemQuery(
      'a code is used up',
      `update ${this.tables.authenticators} set last_step = $2 where ${this.tables.holder} = $1 and last_step < $2 returning 1`,
      [holderId, step],
    );
    return taken.length > 0;
  }

  private hashOf(holderId: string, code: string): string {
    return this.secrets.sign(RECOVERY_PURPOSE, `${holderId} ${code.toUpperCase().replace(/[^0-9A-Z]/g, '')}`);
  }
}

function recoveryCode(): string {
  const letters = Array.from({ length: 10 }, () => RECOVERY_LETTERS[randomInt(RECOVERY_LETTERS.length)]).join('');
  return `${letters.slice(0, 5)}-${letters.slice(5)}`;
}
