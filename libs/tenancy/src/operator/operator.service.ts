import { randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError, Db, type Principal, isUniqueViolation, newId } from '#kernel';
import { secretHash } from '../api-key/key-verifier.service.js';
import { asTenant } from '../access/as-tenant.js';
import { signInFailed } from '../auth/sign-in.service.js';
import { ThrottleService } from '../auth/throttle.service.js';
import { toBase62 } from '../credential/base62.js';
import { type Credential, formatCredential, parseCredential } from '../credential/credential.js';
import { assertEmail, normalEmail } from '../identity/email.js';
import { HashingService } from '../password/hashing.service.js';
import { assertGoodPassword } from '../password/policy.js';
import { oneLine } from '../tenant/profile.js';

export interface Operator {
  id: string;
  email: string;
  name: string;
}

export interface OperatorToken {
  token: string;
  tokenType: 'Bearer';
  expiresAt: string;
}

/** Operators act in no tenant: whatever they would read under this id, no tenant has. */
const NOBODYS = '00000000-0000-7000-8000-00000000000f';
const SESSION_HOURS = 8;

/** Those who run the deployment: no tenant's members, with a sign-in of their own. They are made on the command line alone. */
@Injectable()
export class OperatorService {
  constructor(
    private readonly db: Db,
    private readonly hashing: HashingService,
    private readonly throttle: ThrottleService,
  ) {}

  async add(entry: { email: string; name: string; password: string }): Promise<Operator> {
    const operator = { id: newId(), email: normalEmail(entry.email), name: oneLine(entry.name, 'name') };
    assertEmail(operator.email);
    assertGoodPassword(entry.password, operator.email);
    const passwordHash = await this.hashing.hash(entry.password);
    try {
      await this.system('add an operator', 'insert into tenancy.operator (id, email, name, password_hash) values ($1, $2, $3, $4)', [operator.id, operator.email, operator.name, passwordHash]);
    } catch (error) {
      if (isUniqueViolation(error)) throw new AppError('conflict', 'tenancy.operator-exists', 'There is an operator with this address already, so none was made. Remove that one first to give a new password.');
      throw error;
    }
    return operator;
  }

  /** With all their sessions, and what they could read by them. */
  async remove(email: string): Promise<boolean> {
    return (await this.system('remove an operator', 'delete from tenancy.operator where email = $1 returning id', [normalEmail(email)])).length > 0;
  }

  /** Guessing is slowed down as for everybody; an unknown address and a wrong password look alike. */
  async signIn(email: string, password: string, ip: string): Promise<OperatorToken> {
    const attempt = await this.throttle.begin(`operator ${normalEmail(email)}`, ip);
    const [row] = await this.system<{ id: string; passwordHash: string }>('an operator signs in', 'select id, password_hash as "passwordHash" from tenancy.operator where email = $1', [normalEmail(email)]);
    if (!(await this.hashing.matches(password, row?.passwordHash)) || !row) throw signInFailed();
    await attempt.succeeded();
    const [id, secret, expiresAt] = [newId(), newSecret(), new Date(Date.now() + SESSION_HOURS * 3_600_000)];
    await this.system('a session of an operator', 'insert into tenancy.operator_session (id, operator_id, secret_hash, expires_at) values ($1, $2, $3, $4)', [id, row.id, secretHash(secret), expiresAt]);
    return operatorToken(NOBODYS, id, secret, expiresAt);
  }

  async signOut(sessionId: string): Promise<void> {
    await this.system('an operator signs out', 'delete from tenancy.operator_session where id = $1', [sessionId]);
  }

  /** Sessions that have ended. */
  async forget(): Promise<void> {
    await this.system('forget ended sessions of operators', 'delete from tenancy.operator_session where expires_at < now()', []);
  }

  async get(id: string): Promise<Operator | undefined> {
    const [row] = await this.system<Operator>('who an operator is', 'select id, email, name from tenancy.operator where id = $1', [id]);
    return row;
  }

  /** A session acts for the deployment; an admission reads one tenant, while its time lasts and its operator is one. */
  async verify(token: string): Promise<Principal | undefined> {
    const given = parseCredential('ato', token);
    if (!given || given.number !== 0) return undefined;
    return given.tenantId === NOBODYS ? this.bySession(given) : this.byAdmission(given);
  }

  private async bySession({ id, secret }: Credential): Promise<Principal | undefined> {
    const [row] = await this.system<{ operatorId: string; secretHash: string; expiresAt: Date }>(
      'verify a session of an operator',
      'select operator_id as "operatorId", secret_hash as "secretHash", expires_at as "expiresAt" from tenancy.operator_session where id = $1 and expires_at > now()',
      [id],
    );
    return row && sameSecret(row.secretHash, secret) ? { tenantId: NOBODYS, actor: actorOf(row.operatorId, ['operator.*']), credentialId: id, expiresAt: row.expiresAt.getTime() } : undefined;
  }

  private async byAdmission({ tenantId, id, secret }: Credential): Promise<Principal | undefined> {
    const [row] = await asTenant(tenantId, () =>
      this.db.query<{ operatorId: string; secretHash: string; expiresAt: Date }>(
        `select operator_id as "operatorId", secret_hash as "secretHash", expires_at as "expiresAt" from tenancy.operator_access where id = $1 and ended_at is null and expires_at > now()`,
        [id],
      ),
    );
    if (!row || !sameSecret(row.secretHash, secret) || !(await this.get(row.operatorId))) return undefined;
    return { tenantId, actor: actorOf(row.operatorId, ['*.read']), credentialId: id, expiresAt: row.expiresAt.getTime() };
  }

  private system<T>(why: string, sql: string, params: unknown[]): Promise<T[]> {
    return this.db.system(why, () => this.db.query<T & object>(sql, params));
  }
}

export function newSecret(): string {
  return toBase62(randomBytes(32));
}

export function operatorToken(tenantId: string, id: string, secret: string, expiresAt: Date): OperatorToken {
  return { token: formatCredential('ato', { tenantId, id, number: 0, secret }), tokenType: 'Bearer', expiresAt: expiresAt.toISOString() };
}

function actorOf(id: string, permissions: string[]): Principal['actor'] {
  return { kind: 'operator', id, roles: [], permissions };
}

function sameSecret(stored: string, given: string): boolean {
  return timingSafeEqual(Buffer.from(stored), Buffer.from(secretHash(given)));
}
