import { Injectable } from '@nestjs/common';
import { AppError, Db, current } from '#kernel';
import type { SignInMethod } from '../session/session.entity.js';
import { TotpService } from './totp.service.js';

export interface SignInPolicy {
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

  /** How a person whose password was right has proved to be themselves; throws where a code is needed and missing or wrong. */
  async check(identityId: string, code: string | undefined): Promise<SignInMethod[]> {
    if (!(await this.totp.active(identityId))) return ['pwd'];
    if (code === undefined) throw new AppError('unauthenticated', SECOND_FACTOR_NEEDED, 'The password is right, and a second factor is needed. Send the same again with "code": six digits of your authenticator, or a recovery code.');
    if (!(await this.totp.use(identityId, code))) throw wrongCode('unauthenticated');
    return ['pwd', 'otp'];
  }

  /** Who has a second factor must have given it in the session that does this. */
  async assertGiven(identityId: string, methods: SignInMethod[]): Promise<void> {
    if (methods.includes('otp') || !(await this.totp.active(identityId))) return;
    throw new AppError('forbidden', 'tenancy.second-factor-first', 'You have a second factor, and signed in here without it. Sign in anew with a code, then do this.');
  }

  async policy(): Promise<SignInPolicy> {
    const [row] = await this.db.query<SignInPolicy>('select second_factor as "secondFactor" from tenancy.sign_in_policy');
    return row ?? { secondFactor: 'optional' };
  }

  /** Who requires it of others has given it: an administrator does not lock themselves out. */
  async setPolicy({ secondFactor }: SignInPolicy, methods: SignInMethod[]): Promise<SignInPolicy> {
    if (secondFactor === 'required' && !methods.includes('otp')) {
      throw new AppError('conflict', 'tenancy.policy-locks-out', 'The policy was not changed: you did not sign in with a second factor yourself, so it would lock you out. Set one up, sign in with it, and try again.');
    }
    await this.db.query(
      `insert into tenancy.sign_in_policy (tenant_id, second_factor) values ($1, $2)
       on conflict (tenant_id) do update set second_factor = excluded.second_factor, changed_at = now()`,
      [current().tenantId, secondFactor],
    );
    return { secondFactor };
  }
}

export const SECOND_FACTOR_NEEDED = 'tenancy.second-factor-needed';

/** Used codes are wrong ones. */
export function wrongCode(code: 'unauthenticated' | 'forbidden'): AppError {
  return new AppError(code, 'tenancy.second-factor-wrong', 'This code is wrong or was used before, so nothing happened. Wait for the next one, or use a recovery code.');
}
