import { Injectable } from '@nestjs/common';
import { AppError } from '#platform/core';
import { ThrottleService } from '../throttle/throttle.service.js';
import { normalEmail } from '../../organisation/email/address.js';
import type { IdentityRow } from '../identities/identity.entity.js';
import { IdentityService } from '../identities/identity.service.js';
import { type EmailSent, OneTimeTokenService } from '../one-time-token/one-time-token.service.js';
import { PersonSessions } from '../session/person-sessions.service.js';
import { linkRefused } from '../../access/refused.js';
import { TotpService } from '../totp/totp.service.js';
import { assertGoodPassword } from '../password/policy.js';

/** Other passwords for persons who know the old one, or read their mail. */
@Injectable()
export class PasswordService {
  constructor(
    private readonly identities: IdentityService,
    private readonly sessions: PersonSessions,
    private readonly oneTime: OneTimeTokenService,
    private readonly throttle: ThrottleService,
    private readonly totp: TotpService,
  ) {}

  /** The same for every address; what is known of it is looked up by the job that writes the e-mail. */
  async askReset(email: string, ip: string): Promise<EmailSent> {
    this.oneTime.assertReady();
    const address = normalEmail(email);
    await this.throttle.begin(`reset ${address}`, ip);
    return this.oneTime.send('reset', address);
  }

  /**
   * A used link is used up even where what follows fails; every session of the person ends. A second factor stays, unless it was set up
   * by somebody who never proved that the address is theirs.
   */
  async reset(text: string, password: string): Promise<void> {
    const token = await this.oneTime.look(['reset'], text);
    assertGoodPassword(password, token.email);
    const identity = await this.identities.find(token.email);
    if (!identity) throw linkRefused();
    const passwordHash = await this.identities.hash(password);
    await this.oneTime.use(token);
    await this.identities.setPassword(identity.id, passwordHash);
    if (identity.emailVerifiedAt === null) await this.totp.remove(identity.id);
    await this.identities.markVerified(identity.email);
    await this.oneTime.endOf(identity.id);
    await this.sessions.end(identity.id, 'password');
  }

  /** Ends every session of the person but the one that asked. */
  async change(identityId: string, { currentPassword, newPassword }: { currentPassword: string; newPassword: string }, ip: string,
    sessionId: string): Promise<void> {
    const { email } = await this.prove(identityId, currentPassword, ip);
    assertGoodPassword(newPassword, email);
    await this.identities.setPassword(identityId, await this.identities.hash(newPassword));
    await this.oneTime.endOf(identityId);
    await this.sessions.end(identityId, 'password', sessionId);
  }

  /** A person proves again, in the middle of a session, that it is them; counted like a sign-in, and a failure where `further` throws. */
  async prove(identityId: string, password: string, ip: string, further?: () => Promise<void>): Promise<IdentityRow> {
    const { email } = await this.identities.get(identityId);
    const attempt = await this.throttle.begin(email, ip);
    const proven = await this.identities.prove(email, password);
    if (!proven) throw new AppError('forbidden', 'tenancy.wrong-password',
      'This is not your present password, so nothing was changed. Check it and try again.');
    await further?.();
    await attempt.succeeded();
    return proven;
  }
}
