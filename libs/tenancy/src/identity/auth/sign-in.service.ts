import { Injectable } from '@nestjs/common';
import { AppError } from '#platform/core';
import { asTenant } from '../../access/as-tenant.js';
import { normalEmail } from '../../organisation/email/address.js';
import { IdentityService } from '../identities/identity.service.js';
import type { SignInMethod } from '../session/session.entity.js';
import { SessionService, type Tokens } from '../session/session.service.js';
import { type Entrance, TenantService } from '../../organisation/tenant/tenant.service.js';
import { SecondFactor } from '../totp/second-factor.service.js';
import type { SignInBody } from './auth.bodies.js';
import { conclude } from './conclude.js';
import { type Attempt, ThrottleService } from '../throttle/throttle.service.js';

export type SignedIn = Tokens & { tenant: { id: string; name: string }; userId: string };

/** A person whose password was right; not yet in any tenant. */
export interface Proven {
  identityId: string;
  methods: SignInMethod[];
}

/** From a password to a session. */
@Injectable()
export class SignInService {
  constructor(
    private readonly identities: IdentityService,
    private readonly tenants: TenantService,
    private readonly sessions: SessionService,
    private readonly throttle: ThrottleService,
    private readonly factor: SecondFactor,
  ) {}

  /** Unknown e-mail and wrong password take the same time and give the same text. */
  async prove({ email, password, code }: Omit<SignInBody, 'tenantId'>, ip: string): Promise<Proven> {
    const attempt = await this.throttle.begin(normalEmail(email), ip);
    const identity = await this.identities.prove(email, password);
    if (!identity) throw signInFailed();
    return { identityId: identity.id, methods: await this.further(attempt, identity.id, code) };
  }

  async enter({ identityId, methods }: Proven, tenantId: string | undefined, device: string | null): Promise<SignedIn> {
    return this.open(await this.choose(identityId, tenantId), device, methods);
  }

  async hasEntrance(identityId: string): Promise<boolean> {
    return (await this.tenants.entrances(identityId)).length > 0;
  }

  /** The one tenant that a person means. */
  async choose(identityId: string, tenantId: string | undefined): Promise<Entrance> {
    const entrances = await this.tenants.entrances(identityId);
    const chosen = tenantId === undefined ? entrances[0] : entrances.find((one) => one.tenantId === tenantId.toLowerCase());
    if (!chosen) throw noEntrance();
    if (tenantId === undefined && entrances.length > 1) throw chooseTenant(entrances);
    return chosen;
  }

  /** The second factor of a person who gave the first. */
  further(attempt: Attempt, identityId: string, code: string | undefined, first?: SignInMethod[]): Promise<SignInMethod[]> {
    return conclude(attempt, () => this.factor.check(identityId, code, first));
  }

  /**
   * The same where an issuer has proved them. Guessed codes count as failed sign-ins; a sign-in without one is no guess, and nobody's
   * failures stand in its way.
   */
  async furtherOfIssuer(
    { id, email }: { id: string; email: string }, code: string | undefined, ip: string, first: SignInMethod[],
  ): Promise<SignInMethod[]> {
    return code === undefined ? this.factor.check(id, code, first) : this.further(await this.throttle.begin(email, ip), id, code, first);
  }

  /** A new session. Whoever calls this has seen that the person may enter. */
  open({ tenantId, tenantName, memberId }: Entrance, device: string | null, methods: SignInMethod[] = ['pwd'],
    providerId: string | null = null): Promise<SignedIn> {
    return asTenant(tenantId, async () => ({ ...(await this.sessions.open(memberId, device, methods, providerId)),
      tenant: { id: tenantId, name: tenantName }, userId: memberId }));
  }
}

export function signInFailed(): AppError {
  return new AppError('unauthenticated', 'tenancy.sign-in-failed',
    'Nobody was signed in: e-mail and password do not belong together. Check both and try again.');
}

export function noEntrance(): AppError {
  return new AppError('forbidden', 'tenancy.no-membership',
    'You are who you say, but you belong to no such tenant. Ask its owner to invite you.');
}

function chooseTenant(entrances: Entrance[]): AppError {
  return new AppError('conflict', 'tenancy.choose-tenant',
    'You belong to several tenants. Send the sign-in again with the tenantId of one of them.', {
    tenants: entrances.map(({ tenantId, tenantName }) => ({ id: tenantId, name: tenantName })),
  });
}
