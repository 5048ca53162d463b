import { Injectable } from '@nestjs/common';
import { SignInService, type SignedIn } from '../auth/sign-in.service.js';
import { type Attempt, ThrottleService } from '../throttle/throttle.service.js';
import type { IdentityRow } from '../identities/identity.entity.js';
import type { SignInMethod } from '../session/session.entity.js';
import type { Proof, Provider } from './provider.js';

const UNCOUNTED: Attempt = { succeeded: async () => undefined, withdraw: async () => undefined };

/** Second factor and session. */
@Injectable()
export class Doorway {
  constructor(
    private readonly signIn: SignInService,
    private readonly throttle: ThrottleService,
  ) {}

  /** Guessed codes count as failed sign-ins; a sign-in without one is no guess, and nobody's failures stand in its way. */
  async methods(identity: IdentityRow | null, { strong }: Proof, code: string | undefined, ip: string): Promise<SignInMethod[]> {
    const first: SignInMethod[] = strong ? ['sso', 'mfa'] : ['sso'];
    if (!identity) return first;
    const attempt = code === undefined ? UNCOUNTED : await this.throttle.begin(identity.email, ip);
    return this.signIn.further(attempt, identity.id, code, first);
  }

  open(entrance: Parameters<SignInService['open']>[0], { tenantId, key }: Provider, methods: SignInMethod[], device: string | null): Promise<SignedIn> {
    return this.signIn.open(entrance, device, methods, tenantId === null ? null : key);
  }
}
