import { Injectable } from '@nestjs/common';
import { AppError, newId } from '#platform/core';
import type { NewTenant } from '../../contract.js';
import { assertEmail, normalEmail } from '../../organisation/email/address.js';
import { IdentityService } from '../identities/identity.service.js';
import { LetterDesk } from '../one-time-token/letter-desk.service.js';
import { assertGoodPassword } from '../password/policy.js';
import type { SignInMethod } from '../session/session.entity.js';
import { TenancyConfig } from '../../tenancy.config.js';
import { TenantService, profileOf } from '../../organisation/tenant/tenant.service.js';
import type { TicketRow } from '../one-time-token/ticket.entity.js';
import { type Caller, SignInService, type SignedIn } from './sign-in.service.js';
import { ThrottleService } from '../throttle/throttle.service.js';

/** The answer to whoever asks for a letter, the same for every address. */
export interface LetterSent {
  /** What to do next. */
  next: 'read-your-mail';
  message: string;
}

export interface EmailVerified {
  emailVerified: true;
}

/** From a stranger to an owner. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly config: TenancyConfig,
    private readonly desk: LetterDesk,
    private readonly identities: IdentityService,
    private readonly tenants: TenantService,
    private readonly signIn: SignInService,
    private readonly throttle: ThrottleService,
  ) {}

  /**
   * Where addresses are verified, nothing here tells whether one is known: the same checks, one comparison, one hash, one row and one job
   * either way; the letter says the rest to whoever reads that mailbox. The right password of a known person makes the tenant at once.
   */
  async register(entry: NewTenant & { code?: string }, { ip, device }: Caller): Promise<SignedIn | LetterSent> {
    if (this.config.registration === 'closed') throw registrationClosed();
    if (this.desk.verifies) this.desk.assertReady();
    const attempt = await this.throttle.begin(normalEmail(entry.email), ip);
    if (!this.desk.verifies) {
      profileOf(entry);
      const identity = await this.identities.proveOrCreate(entry.email, entry.password);
      const methods = await this.signIn.further(attempt, identity.id, entry.code);
      return this.enter(await this.tenants.establish(identity, entry), entry.tenantName, device, methods);
    }
    const email = normalEmail(entry.email);
    const profile = profileOf(entry);
    assertEmail(email);
    assertGoodPassword(entry.password, email);
    const known = await this.identities.prove(email, entry.password);
    if (known) {
      const methods = await this.signIn.further(attempt, known.id, entry.code);
      return this.enter(await this.tenants.establish(known, entry), profile.tenant.name, device, methods);
    }
    const passwordHash = await this.identities.hash(entry.password);
    const { tenantName, name, locale, timeZone } = entry;
    await this.desk.order('register', email, { registration: { tenantId: newId(), tenantName, name, locale, timeZone, passwordHash } });
    return letterSent();
  }

  /** Uses the link of a letter: makes the waiting registration true, or notes that a known person's address is theirs. */
  async verify(token: string, device: string | null): Promise<SignedIn | EmailVerified> {
    const ticket = await this.desk.look(['register', 'verify'], token);
    await this.desk.use(ticket);
    if (ticket.purpose === 'register') return this.complete(ticket, device);
    await this.identities.markVerified(ticket.email);
    return { emailVerified: true };
  }

  /** Asks for the letter that proves the address of somebody who is signed in. */
  async askToVerify(identityId: string): Promise<LetterSent> {
    this.desk.assertReady();
    const { email } = await this.identities.get(identityId);
    await this.desk.order('verify', email);
    return letterSent();
  }

  private async complete({ email, registration }: TicketRow, device: string | null): Promise<SignedIn> {
    const { passwordHash, ...entry } = registration!;
    const identity = await this.identities.create(email, passwordHash);
    if (!identity) throw registeredMeanwhile();
    return this.enter(await this.tenants.establish(identity, entry), entry.tenantName, device);
  }

  private enter({ tenantId, userId }: { tenantId: string; userId: string }, tenantName: string, device: string | null, methods?: SignInMethod[]): Promise<SignedIn> {
    return this.signIn.open({ tenantId, tenantName, memberId: userId }, device, methods);
  }
}

export function letterSent(): LetterSent {
  return { next: 'read-your-mail', message: 'A letter is on its way to this address, if it can receive one. It says how to go on, and its link works once, for an hour.' };
}

function registrationClosed(): AppError {
  return new AppError('forbidden', 'tenancy.registration-closed', 'This deployment takes no registrations (ATOLL_REGISTRATION=closed). Ask its operator for a tenant.');
}

function registeredMeanwhile(): AppError {
  return new AppError('conflict', 'tenancy.registered-meanwhile', 'This address got an account after the letter was sent, so none was made now. Sign in, or ask for a new password.');
}
