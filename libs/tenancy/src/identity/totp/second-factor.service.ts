import { Injectable } from '@nestjs/common';
import { AppError, current } from '#platform/core';
import { Db } from '#platform/database';
import { type SignInMethod, isStrong } from '../session/session.entity.js';
import { TotpService } from './totp.service.js';

export interface SignInPolicy {
  /**
   * any: password or issuer; issuer: some issuer; own-issuer: one of this tenant's own. Other sessions may do nothing but connect one;
   * owners are not concerned.
   */
  signIn: 'any' | 'issuer' | 'own-issuer';
  /** required: without a second factor a session may do nothing but set one up. */
  secondFactor: 'optional' | 'required';
}

/** Whether a second factor is asked for: by the person who has one, and by the tenant that requires one. */
@Injectable()
export class SecondFactor {
  constructor(
    private readonly db: Db,
    private readonly totp: TotpService,
  ) {}

  /** How a person who gave the first factor has proved to be themselves; throws where a code is needed and missing or wrong. */
  async check(identityId: string, code: string | undefined, first: SignInMethod[] = ['pwd']): Promise<SignInMethod[]> {
    if (isStrong(first) || !(await this.totp.active(identityId))) return first;
    await this.totp.demand(identityId, code);
    return [...first, 'otp'];
  }

  /** Who has a second factor must have given it in the session that does this. */
  async assertGiven(identityId: string, methods: SignInMethod[]): Promise<void> {
    if (isStrong(methods) || !(await this.totp.active(identityId))) return;
    throw new AppError('forbidden', 'tenancy.second-factor-first',
      'You have a second factor, and signed in here without it. Sign in anew with a code, then do this.');
  }

  async policy(): Promise<SignInPolicy> {
    const [row] = await this.db.query<SignInPolicy>('select sign_in as "signIn", second_factor as "secondFactor" from ' +
      'tenancy.sign_in_policy');
    return row ?? { signIn: 'any', secondFactor: 'optional' };
  }

  /** Who asks something of others has given it: an administrator does not lock themselves out. What is left out stays. */
  async setPolicy(change: Partial<SignInPolicy>, methods: SignInMethod[]): Promise<SignInPolicy> {
    const { signIn, secondFactor } = { ...(await this.policy()), ...change };
    if (secondFactor === 'required' && !isStrong(methods)) {
      throw new AppError('conflict', 'tenancy.policy-locks-out',
        'The policy was not changed: you did not sign in with a second factor yourself, so it would lock you out. Set one up, sign in ' +
          'with it, and try again.');
    }
    if (change.signIn && signIn !== 'any') await this.assertReachable(signIn, methods);
    await this.db.query(
      `insert into tenancy.sign_in_policy (tenant_id, second_factor, sign_in) values ($1, $2, $3)
       on conflict (tenant_id) do update set second_factor = excluded.second_factor, sign_in = excluded.sign_in, changed_at = now()`,
      [current().tenantId, secondFactor, signIn],
    );
    return { signIn, secondFactor };
  }

  /** Owners are not held to it, so one who tries the first issuer out is not locked out by it. */
  private async assertReachable(signIn: SignInPolicy['signIn'], methods: SignInMethod[]): Promise<void> {
    const [own] = signIn === 'own-issuer' ? await this.db.query('select 1 from tenancy.identity_provider where enabled limit 1') : [true];
    if (!own) throw new AppError('conflict', 'tenancy.no-own-issuer',
      'The policy was not changed: this tenant has no issuer that is switched on, so nobody but owners could sign in. Set one up first ' +
        '(POST /v1/identity-providers).');
    if (current().actor.roles.includes('owner') || methods.includes('sso')) return;
    throw new AppError('conflict', 'tenancy.policy-locks-out',
      'The policy was not changed: you signed in with a password yourself, so it would lock you out. Sign in at the issuer, and try ' +
        'again.');
  }
}
