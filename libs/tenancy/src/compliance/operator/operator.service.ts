import { Injectable } from '@nestjs/common';
import { AppError, newId } from '#platform/core';
import { Db, onDuplicate } from '#platform/database';
import { conclude } from '../../identity/auth/conclude.js';
import { type Attempt, ThrottleService } from '../../identity/throttle/throttle.service.js';
import { normalEmail, toEmail } from '../../organisation/email/address.js';
import { HashingService } from '../../identity/password/hashing.service.js';
import { assertGoodPassword } from '../../identity/password/policy.js';
import { oneLine } from '../../access/profile.js';

export interface Operator {
  id: string;
  email: string;
  name: string;
}

/** Those who run the deployment: no tenant's members, with a sign-in of their own. They are made on the command line alone. */
@Injectable()
export class OperatorService {
  constructor(
    private readonly db: Db,
    private readonly hashing: HashingService,
    private readonly throttle: ThrottleService,
  ) {}

  async add(entry: { email: string; name: string; password: string }): Promise<Operator> {
    const operator = { id: newId(), email: toEmail(entry.email), name: oneLine(entry.name, 'name') };
    assertGoodPassword(entry.password, operator.email);
    const passwordHash = await this.hashing.hash(entry.password);
    const sql = 'insert into tenancy.operator (id, email, name, password_hash) values ($1, $2, $3, $4)';
    const row = [operator.id, operator.email, operator.name, passwordHash];
    await onDuplicate(this.db.systemQuery('add an operator', sql, row), operatorExists);
    return operator;
  }

  /** With all their sessions, their second factor, and what they could read by them. */
  async remove(email: string): Promise<boolean> {
    return (await this.db.systemQuery(
      'remove an operator', 'delete from tenancy.operator where email = $1 returning id', [normalEmail(email)],
    )).length > 0;
  }

  async get(id: string): Promise<Operator> {
    const [row] = await this.db.systemQuery<Operator>(
      'who an operator is', 'select id, email, name from tenancy.operator where id = $1', [id],
    );
    if (!row) throw new AppError('unauthenticated', 'tenancy.no-operator',
      'You are no operator of this deployment any more, so nothing was done.');
    return row;
  }

  /**
   * Guessing is slowed down as for everybody: passwords and codes of one operator count together, and a failure is also where `further`
   * throws.
   */
  async prove<T>({ email, password }: { email: string; password: string }, ip: string, refuse: () => AppError,
    further: (id: string) => Promise<T>): Promise<T> {
    const attempt = await this.attempt(email, ip);
    const [row] = await this.db.systemQuery<{ id: string; passwordHash: string }>(
      'an operator proves to be one',
      'select id, password_hash as "passwordHash" from tenancy.operator where email = $1',
      [normalEmail(email)],
    );
    if (!(await this.hashing.matches(password, row?.passwordHash)) || !row) throw refuse();
    return conclude(attempt, () => further(row.id));
  }

  attempt(email: string, ip: string): Promise<Attempt> {
    return this.throttle.begin(`operator ${normalEmail(email)}`, ip);
  }
}

function operatorExists(): AppError {
  const text = 'There is an operator with this address already, so none was made. Remove that one first to give a new password.';
  return new AppError('conflict', 'tenancy.operator-exists', text);
}
