import { Injectable } from '@nestjs/common';
import { current } from '#platform/core';
import { SessionService } from '../session/session.service.js';
import { MemberService } from '../../organisation/member/member.service.js';
import { type Entrance, TenantService } from '../../organisation/tenant/tenant.service.js';
import { SecondFactor } from '../totp/second-factor.service.js';
import { SignInService, type SignedIn, noEntrance } from './sign-in.service.js';

export interface TenantChoice {
  id: string;
  name: string;
  /** The tenant of the token that asks. */
  current: boolean;
}

/** One person in several tenants: who is signed in to one may enter the others, as what they are there. */
@Injectable()
export class SwitchService {
  constructor(
    private readonly tenants: TenantService,
    private readonly members: MemberService,
    private readonly sessions: SessionService,
    private readonly signIn: SignInService,
    private readonly factor: SecondFactor,
  ) {}

  /** Whoever came in through an issuer of the tenant sees that tenant alone: it vouches for nothing beyond. */
  async list({ userId, sessionId }: { userId: string; sessionId: string }): Promise<TenantChoice[]> {
    const { tenantId: here } = current();
    const { providerId } = await this.sessions.originOf(sessionId);
    const entrances: Entrance[] = await this.tenants.entrances(await this.members.identityOf(userId));
    return entrances.filter(({ tenantId }) => providerId === null || tenantId === here)
      .map(({ tenantId, tenantName }) => ({ id: tenantId, name: tenantName, current: tenantId === here }));
  }

  /** The new session is as well proven as the one that asks. A tenant one is not in and one that does not exist are refused alike. */
  async enter({ sessionId }: { sessionId: string }, tenantId: string, device: string | null): Promise<SignedIn> {
    const identityId = await this.sessions.personOf(sessionId);
    const methods = await this.sessions.methodsOf(sessionId);
    await this.factor.assertGiven(identityId, methods);
    const entrance = (await this.tenants.entrances(identityId)).find((one) => one.tenantId === tenantId.toLowerCase());
    if (!entrance) throw noEntrance();
    return this.signIn.open(entrance, device, methods);
  }
}
