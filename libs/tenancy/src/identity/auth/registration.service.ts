import { Injectable } from '@nestjs/common';
import { AppError, newId } from '#platform/core';
import type { NewTenant } from '../../contract.js';
import { normalEmail, toEmail } from '../../organisation/email/address.js';
import { IdentityService } from '../identities/identity.service.js';
import { type EmailSent, OneTimeTokenService } from '../one-time-token/one-time-token.service.js';
import { assertGoodPassword } from '../password/policy.js';
import type { SignInMethod } from '../session/session.entity.js';
import { TenancyConfig } from '../../tenancy.config.js';
import { TenantService, profileOf } from '../../organisation/tenant/tenant.service.js';
import type { OneTimeToken } from '../one-time-token/one-time-token.js';
import type { Caller } from '../session/caller.js';
import { SignInService, type SignedIn } from './sign-in.service.js';
import { ThrottleService } from '../throttle/throttle.service.js';

export interface EmailVerified {
  emailVerified: true;
}

/** From somebody unknown to an owner. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly config: TenancyConfig,
    private readonly oneTime: OneTimeTokenService,
    private readonly identities: IdentityService,
    private readonly tenants: TenantService,
    private readonly signIn: SignInService,
    private readonly throttle: ThrottleService,
  ) {}

  /**
   * For the command line and other contexts. The person first, then tenant and owner in one transaction: whoever dies in between has a
   * person without a tenant, whom the next try with the same password finds again.
   */
  async establish(entry: NewTenant): Promise<{ tenantId: string; userId: string }> {
    profileOf(entry);
    return this.tenants.establish(await this.identities.proveOrCreate(entry.email, entry.password), entry);
  }

  /**
   * Where addresses are verified, nothing here tells whether one is known: the same checks, one comparison, one hash, one row and one job
   * either way; the e-mail says the rest to whoever reads that mailbox. The right password of a known person makes the tenant at once.
   */
  async register(entry: NewTenant & { code?: string }, { ip, device }: Caller): Promise<SignedIn | EmailSent> {
    if (this.config.registration === 'closed') throw registrationClosed();
    if (this.oneTime.verifies) this.oneTime.assertReady();
    const attempt = await this.throttle.begin(normalEmail(entry.email), ip);
    if (!this.oneTime.verifies) {
      profileOf(entry);
      const identity = await this.identities.proveOrCreate(entry.email, entry.password);
      const methods = await this.signIn.further(attempt, identity.id, entry.code);
      return this.enter(await this.tenants.establish(identity, entry), entry.tenantName, device, methods);
    }
    const email = toEmail(entry.email);
    const profile = profileOf(entry);
    assertGoodPassword(entry.password, email);
    const known = await this.identities.prove(email, entry.password);
    if (known) {
      const methods = await this.signIn.further(attempt, known.id, entry.code);
      return this.enter(await this.tenants.establish(known, entry), profile.tenant.name, device, methods);
    }
    const passwordHash = await this.identities.hash(entry.password);
    const { tenantName, name, locale, timeZone } = entry;
    return this.oneTime.send('register', email, { registration: { tenantId: newId(), tenantName, name, locale, timeZone, passwordHash } });
  }

  /** Uses the link of an e-mail: makes the waiting registration true, or notes that a known person's address is theirs. */
  async verify(text: string, device: string | null): Promise<SignedIn | EmailVerified> {
    const token = await this.oneTime.look(['register', 'verify'], text);
    await this.oneTime.use(token);
    if (token.purpose === 'register') return this.complete(token, device);
    await this.identities.markVerified(token.email);
    return { emailVerified: true };
  }

  /** Asks for the e-mail that proves the address of somebody who is signed in. */
  async askToVerify(identityId: string): Promise<EmailSent> {
    this.oneTime.assertReady();
    const { email } = await this.identities.get(identityId);
    return this.oneTime.send('verify', email);
  }

  private async complete({ email, registration }: OneTimeToken, device: string | null): Promise<SignedIn> {
    const { passwordHash, ...entry } = registration!;
    const identity = await this.identities.create(email, passwordHash);
    if (!identity) throw registeredMeanwhile();
    return this.enter(await this.tenants.establish(identity, entry), entry.tenantName, device);
  }

  private enter({ tenantId, userId }: { tenantId: string; userId: string }, tenantName: string, device: string | null,
    methods?: SignInMethod[]): Promise<SignedIn> {
    return this.signIn.open({ tenantId, tenantName, memberId: userId }, device, methods);
  }
}

function registrationClosed(): AppError {
  return new AppError('forbidden', 'tenancy.registration-closed',
    'This deployment takes no registrations (ATOLL_REGISTRATION=closed). Ask its operator for a tenant.');
}

function registeredMeanwhile(): AppError {
  return new AppError('conflict', 'tenancy.registered-meanwhile',
    'This address got an account after the letter was sent, so none was made now. Sign in, or ask for a new password.');
}
