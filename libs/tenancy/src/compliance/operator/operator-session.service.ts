import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import type { Principal } from '#platform/http';
import { newId } from '#platform/core';
import { asTenant } from '../../access/as-tenant.js';
import { signInFailed } from '../../identity/auth/sign-in.service.js';
import { type Credential, formatCredential, parseCredential } from '../../access/credential.js';
import { isSecretOf, newSecret, secretHash } from '../../access/secret.js';
import { RevocationService } from '../../access/revocation.service.js';
import { OperatorTotp } from './operator-totp.service.js';
import { OperatorService } from './operator.service.js';

export interface OperatorToken {
  token: string;
  tokenType: 'Bearer';
  expiresAt: string;
}

export interface OperatorSession extends OperatorToken {
  /** missing: this operator has none yet, and the token may do nothing but set one up (POST /v1/operator/second-factor). */
  secondFactor: 'given' | 'missing';
}

interface SessionFound {
  operatorId: string;
  secretHash: string;
  expiresAt: Date;
  proven: boolean;
}

/** Operators act in no tenant: whatever they would read under this id, no tenant has. */
const NOBODYS = '00000000-0000-7000-8000-00000000000f';
const SESSION_HOURS = 8;
/** Of a session without a second factor. */
const SETTING_UP = ['operator.factor.write', 'operator.session.write'];

/** What operators sign in to, and what their tokens may. */
@Injectable()
export class OperatorSessions {
  constructor(
    private readonly db: Db,
    private readonly operators: OperatorService,
    private readonly totp: OperatorTotp,
    private readonly revocations: RevocationService,
  ) {}

  /** An unknown address and a wrong password look alike. */
  async signIn({ code, ...proof }: { email: string; password: string; code?: string }, ip: string): Promise<OperatorSession> {
    const { id: operatorId, given } = await this.operators.prove(proof, ip, signInFailed, async (id) => {
      const active = await this.totp.active(id);
      if (active) await this.totp.demand(id, code);
      return { id, given: active };
    });
    const [id, secret, expiresAt] = [newId(), newSecret(), new Date(Date.now() + SESSION_HOURS * 3_600_000)];
    await this.db.systemQuery(
      'a session of an operator',
      'insert into tenancy.operator_session (id, operator_id, secret_hash, expires_at, second_factor) values ($1, $2, $3, $4, $5)',
      [id, operatorId, secretHash(secret), expiresAt, given],
    );
    return { ...operatorToken(NOBODYS, id, secret, expiresAt), secondFactor: given ? 'given' : 'missing' };
  }

  async signOut(sessionId: string): Promise<void> {
    await this.db.systemQuery('an operator signs out', 'delete from tenancy.operator_session where id = $1', [sessionId]);
    await this.revocations.note(sessionId);
  }

  /** A code was given in this session. */
  async prove(sessionId: string): Promise<void> {
    await this.db.systemQuery(
      'a session of an operator gave a second factor',
      'update tenancy.operator_session set second_factor = true where id = $1',
      [sessionId],
    );
    await this.revocations.note(sessionId);
  }

  /** What was given before counts no more, in any session. */
  async unprove(operatorId: string): Promise<void> {
    const sessions = await this.db.systemQuery<{ id: string }>(
      'the second factor of an operator was taken away',
      'update tenancy.operator_session set second_factor = false where operator_id = $1 returning id',
      [operatorId],
    );
    await this.revocations.note(...sessions.map(({ id }) => id));
  }

  /**
   * A session acts for the deployment; an admission reads one tenant, while its time lasts and its operator is one with a second factor.
   */
  async verify(token: string): Promise<Principal | undefined> {
    const given = parseCredential('ato', token);
    if (!given || given.number !== 0) return undefined;
    return given.tenantId === NOBODYS ? this.bySession(given) : this.byAdmission(given);
  }

  private async bySession({ id, secret }: Credential): Promise<Principal | undefined> {
    const [row] = await this.db.systemQuery<SessionFound>(
      'verify a session of an operator',
      `select session.operator_id as "operatorId", session.secret_hash as "secretHash", session.expires_at as "expiresAt",
         session.second_factor and factor.confirmed_at is not null as proven
       from tenancy.operator_session session left join tenancy.operator_totp factor on factor.operator_id = session.operator_id
       where session.id = $1 and session.expires_at > now()`,
      [id],
    );
    if (!row || !isSecretOf(row.secretHash, secret)) return undefined;
    return { tenantId: NOBODYS, actor: actorOf(row.operatorId, row.proven ? ['operator.*'] : SETTING_UP), credentialId: id,
      expiresAt: row.expiresAt.getTime() };
  }

  private async byAdmission({ tenantId, id, secret }: Credential): Promise<Principal | undefined> {
    const [row] = await asTenant(tenantId, () =>
      this.db.query<Omit<SessionFound, 'proven'>>(
        `select operator_id as "operatorId", secret_hash as "secretHash", expires_at as "expiresAt" from tenancy.operator_access where ` +
          `id = $1 and ended_at is null and expires_at > now()`,
        [id],
      ),
    );
    if (!row || !isSecretOf(row.secretHash, secret) || !(await this.totp.active(row.operatorId))) return undefined;
    return { tenantId, actor: actorOf(row.operatorId, ['*.read']), credentialId: id, expiresAt: row.expiresAt.getTime() };
  }
}

export function operatorToken(tenantId: string, id: string, secret: string, expiresAt: Date): OperatorToken {
  return { token: formatCredential('ato', { tenantId, id, number: 0, secret }), tokenType: 'Bearer', expiresAt: expiresAt.toISOString() };
}

function actorOf(id: string, permissions: string[]): Principal['actor'] {
  return { kind: 'operator', id, roles: [], permissions };
}
