import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { IsNull, MoreThan } from 'typeorm';
import { Db } from '#platform/database';
import { Events } from '#platform/messaging';
import { AppError, current, logger, newId, notFound, orNotFound, Secrets } from '#platform/core';
import { networkOf } from '#platform/http';
import { asTenant } from '../../access/as-tenant.js';
import { type Credential, formatCredential, parseCredential } from '../../access/credential.js';
import { credentialRefused } from '../../access/refused.js';
import { type SessionEnd, sessionRevoked, signedIn } from '../../events.js';
import { RevocationService } from '../../access/revocation.service.js';
import { TenancyConfig } from '../../tenancy.config.js';
import { AccessTokenService } from '../token/access-token.service.js';
import type { Caller } from './caller.js';
import { SessionRow, type SignInMethod } from './session.entity.js';

const PURPOSE = 'tenancy.refresh-token';
const CLIENT_PURPOSE = 'tenancy.session-client';
/** Two tabs of a client that refresh at the same moment get the one successor instead of an alarm, although one of them uses it at once. */
const GRACE_SECONDS = 2;
const KEEP_ENDED_DAYS = 30;
const MOST_LISTED = 200;

export interface Tokens {
  accessToken: string;
  tokenType: 'Bearer';
  /** Seconds the access token lives. */
  expiresIn: number;
  refreshToken: string;
}

export interface SessionView {
  id: string;
  /** What the browser or program called itself when it signed in. */
  device: string | null;
  /** The session that asks. */
  current: boolean;
  createdAt: string;
  /** Exact to the life of an access token. */
  lastUsedAt: string;
  expiresAt: string;
}

type Alive = Pick<SessionRow, 'id' | 'memberId' | 'generation' | 'seed'>;

/**
 * Sessions and their families of refresh tokens. A refresh moves the session on by one generation in a single statement, so between
 * "the old one is void" and "the new one exists" there is no moment to crash in, and of any number of parallel refreshes one does it.
 */
@Injectable()
export class SessionService {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly secrets: Secrets,
    private readonly tokens: AccessTokenService,
    private readonly config: TenancyConfig,
    private readonly revocations: RevocationService,
  ) {}

  /** A new session of a member of the current tenant; what ended long ago is swept out on the way. */
  async open(memberId: string, device: string | null, methods: SignInMethod[] = ['pwd'],
    providerId: string | null = null): Promise<Tokens> {
    const session = { id: newId(), memberId, generation: 1, seed: randomBytes(16).toString('base64url') };
    await this.db.tx(async () => {
      await this.db.query(`delete from tenancy.session where member_id = $1 and expires_at < now() - make_interval(days => $2)`,
        [memberId, KEEP_ENDED_DAYS]);
      await this.db.query(
        `insert into tenancy.session (tenant_id, id, member_id, seed, device, methods, provider_id, expires_at, ends_at)
         values ($1, $2, $3, $4, $5, $8::text[], $9, now() + least(make_interval(days => $6), make_interval(days => $7)), now() +
         make_interval(days => $7))`,
        [current().tenantId, session.id, memberId, session.seed, device, this.config.sessionIdleDays, this.config.sessionMaxDays, methods,
          providerId],
      );
      const over = await this.db.query<{ id: string }>(`select id from tenancy.session session where member_id = $1 and revoked_at is null
        and expires_at > now() order by rotated_at desc, id desc offset $2`, [memberId, this.config.sessionsOfOne]);
      for (const { id } of over) await this.close(id);
      await this.events.publish(signedIn, { userId: memberId, sessionId: session.id });
    });
    return this.tokensOf(session);
  }

  /**
   * The successor of a refresh token. A used one that comes back closes its whole family: somebody else has a copy. It comes back rightly
   * only from the client that used it, while nothing of the successor was: then that answer was lost, and is given again.
   */
  async refresh(text: string, { ip, device }: Caller): Promise<Tokens> {
    const given = parseCredential('atr', text);
    if (!given) throw credentialRefused();
    return asTenant(given.tenantId, async () => {
      const session = await this.db.repo(SessionRow).findOneBy({ id: given.id });
      if (!session || !this.genuine(session, given)) throw credentialRefused();
      const client = this.secrets.sign(CLIENT_PURPOSE, `${networkOf(ip)} ${device ?? ''}`);
      const alive = (await this.rotate(given, client)) ?? (await this.lostSuccessor(given, client));
      if (alive) return this.tokensOf(alive);
      await this.revoke({ id: given.id }, 'reuse', given.number);
      throw credentialRefused();
    });
  }

  /**
   * The access token of a generation was used, so its answer arrived: the token before it comes back from nobody but a thief. On a database
   * that takes no writes nothing can be refreshed either, and the token is as good as before.
   */
  async arrived(sessionId: string, generation: number): Promise<void> {
    await this.db.query('update tenancy.session set seen_generation = $2 where id = $1 and seen_generation < $2', [sessionId, generation])
      .catch((error: unknown) => logger('tenancy').debug({ error }, 'the first use of an access token was not noted'));
  }

  /** Ends one session of the current tenant. */
  async close(sessionId: string): Promise<void> {
    await this.revoke({ id: sessionId }, 'signed-out');
  }

  /** Ends one session of a member, who is its owner or learns nothing of it. */
  async closeOwn(memberId: string, sessionId: string): Promise<void> {
    if (!(await this.db.repo(SessionRow).existsBy({ id: sessionId, memberId, revokedAt: IsNull() }))) throw notFound('session');
    await this.close(sessionId);
  }

  /** Ends all sessions of a member of the current tenant, but for `keep`. */
  async closeAll(memberId: string, reason: SessionEnd = 'signed-out', keep?: string): Promise<void> {
    await this.revoke({ memberId, keep }, reason);
  }

  /** Ends whatever began at an issuer of the current tenant. */
  async closeOfProvider(providerId: string): Promise<void> {
    await this.revoke({ providerId }, 'issuer-ended');
  }

  /** How the person of a session proved to be themselves, and whether it was to an issuer of the tenant. */
  async originOf(sessionId: string): Promise<{ methods: SignInMethod[]; providerId: string | null }> {
    return orNotFound(await this.db.repo(SessionRow).findOneBy({ id: sessionId }), 'session');
  }

  async methodsOf(sessionId: string): Promise<SignInMethod[]> {
    return (await this.originOf(sessionId)).methods;
  }

  /** Refuses a session that an issuer of the tenant vouches for: it may not touch what the person is beyond this tenant. */
  async assertPersonal(sessionId: string): Promise<void> {
    if ((await this.originOf(sessionId)).providerId !== null) throw sessionOfIssuer();
  }

  /** The person of a session, who is to be changed beyond this tenant: `assertPersonal`, then who it is. */
  async personOf(sessionId: string): Promise<string> {
    await this.assertPersonal(sessionId);
    const person = await this.db.queryOne<{ id: string }>(
      'select identity_id as id from tenancy.membership where id = (select member_id from tenancy.session where id = $1)', [sessionId],
    );
    return orNotFound(person, 'member').id;
  }

  async addMethod(sessionId: string, method: SignInMethod): Promise<void> {
    await this.db.query('update tenancy.session set methods = array_append(methods, $2) where id = $1 and not $2 = any (methods)',
      [sessionId, method]);
    await this.revocations.note(sessionId);
  }

  /** The sessions of a member that are alive, latest use first. */
  async list(memberId: string, currentId: string): Promise<SessionView[]> {
    const rows = await this.db.repo(SessionRow)
      .find({ where: { memberId, revokedAt: IsNull(), expiresAt: MoreThan(new Date()) }, order: { rotatedAt: 'DESC' }, take: MOST_LISTED });
    return rows.map(({ id, device, createdAt, rotatedAt, expiresAt }) => ({
      id, device, current: id === currentId, createdAt: createdAt.toISOString(), lastUsedAt: rotatedAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
    }));
  }

  private async rotate(given: Credential, client: string): Promise<Alive | undefined> {
    return this.oneAlive(
      `update tenancy.session session set generation = generation + 1, rotated_at = clock_timestamp(), client = $4,
         expires_at = least(now() + make_interval(days => $3), ends_at)
       where id = $1 and generation = $2 and ${ALIVE}
       returning id, member_id as "memberId", generation, seed`,
      [given.id, given.number, this.config.sessionIdleDays, client],
    );
  }

  private lostSuccessor(given: Credential, client: string): Promise<Alive | undefined> {
    return this.oneAlive(
      `select id, member_id as "memberId", generation, seed from tenancy.session session
       where id = $1 and generation = $2::int + 1 and client = $4 and ${ALIVE}
         and (seen_generation < generation or rotated_at > clock_timestamp() - make_interval(secs => $3))`,
      [given.id, given.number, GRACE_SECONDS, client],
    );
  }

  private async oneAlive(sql: string, params: unknown[]): Promise<Alive | undefined> {
    const [row] = await this.db.query<Alive>(sql, params);
    return row;
  }

  /** `olderThan`: only where the session has moved past this generation, so a token that merely ended raises no alarm. */
  private async revoke(which: { id: string } | { memberId: string; keep?: string } | { providerId: string }, reason: SessionEnd,
    olderThan: number | null = null): Promise<void> {
    const [column, value, keep] = 'id' in which ? ['id', which.id]
      : 'providerId' in which ? ['provider_id', which.providerId] : ['member_id', which.memberId, which.keep];
    await this.db.tx(async () => {
      const closed = await this.db.query<{ id: string; memberId: string }>(
        `update tenancy.session set revoked_at = now(), revoked_reason = $2
         where ${column} = $1 and revoked_at is null and expires_at > now() and generation > coalesce($3::int, 0) and id is distinct
         from $4::uuid
         returning id, member_id as "memberId"`,
        [value, reason, olderThan, keep ?? null],
      );
      await this.revocations.note(...closed.map(({ id }) => id));
      for (const { id, memberId } of closed) await this.events.publish(sessionRevoked, { userId: memberId, sessionId: id, reason });
    });
  }

  private genuine(session: SessionRow, given: Credential): boolean {
    return given.number <= session.generation &&
      this.secrets.verify(PURPOSE, material({ ...session, generation: given.number }), given.secret);
  }

  private async tokensOf(session: Alive): Promise<Tokens> {
    const { tenantId } = current();
    const { memberId: userId, id: sessionId, generation } = session;
    const accessToken = await this.tokens.issue({ tenantId, userId, sessionId, generation });
    const secret = this.secrets.sign(PURPOSE, material(session));
    const refreshToken = formatCredential('atr', { tenantId, id: session.id, number: session.generation, secret });
    return { accessToken, tokenType: 'Bearer', expiresIn: this.tokens.seconds, refreshToken };
  }
}

/** A session counts while it, its member and its tenant all stand. */
const ALIVE = `session.revoked_at is null and session.expires_at > now()
  and exists (select from tenancy.membership member where member.id = session.member_id and member.status = 'active')
  and exists (select from tenancy.tenant where tenant.status = 'active')`;

/** What a refresh token's secret is the HMAC of. Needs the row as well as the deployment's secret: neither leak alone makes tokens. */
function material({ id, seed, generation }: Pick<SessionRow, 'id' | 'seed' | 'generation'>): string {
  return `${id}.${seed}.${generation}`;
}

function sessionOfIssuer(): AppError {
  return new AppError(
    'forbidden',
    'tenancy.session-of-issuer',
    'You signed in at an issuer of this tenant, which speaks for you in this tenant only. For your account itself, sign in with your ' +
      'password.',
  );
}
