import { Injectable } from '@nestjs/common';
import { Job, type RunningJob } from '#platform/messaging';
import {
  type EmailText, alreadyKnownEmail, movedEmail, registerEmail, resetEmail, takenEmail, verifyEmail,
} from '../../organisation/email/email-texts.js';
import { Mailer } from '../../organisation/email/mailer.service.js';
import { IdentityService } from '../identities/identity.service.js';
import type { OneTimeToken } from './one-time-token.js';
import { ONE_TIME_TOKEN_MINUTES, OneTimeTokenService, sendToken } from './one-time-token.service.js';

@Injectable()
export class OneTimeTokenEmailJob {
  constructor(
    private readonly tokens: OneTimeTokenService,
    private readonly identities: IdentityService,
    private readonly mailer: Mailer,
  ) {}

  @Job(sendToken)
  async send({ id, data }: RunningJob<typeof sendToken>): Promise<void> {
    const row = await this.tokens.open(data.ticketId);
    const email = row && this.emailOf(row, (await this.identities.find(row.email)) !== null);
    if (email) await this.mailer.send(id, row.email, email);
  }

  /** A reset for an address that nobody has sends nothing: the asker sees no difference. */
  private emailOf(row: OneTimeToken, known: boolean): EmailText | undefined {
    const token = this.tokens.textOf(row);
    const link = (page: string): [string, string, number] => [this.mailer.link(page, token), token, ONE_TIME_TOKEN_MINUTES];
    switch (row.purpose) {
      case 'register':
        return known ? alreadyKnownEmail(this.mailer.link('sign-in')) : registerEmail(...link('verify-email'));
      case 'verify':
        return verifyEmail(...link('verify-email'));
      case 'email':
        return known ? takenEmail() : verifyEmail(...link('change-email'));
      case 'moved':
        return movedEmail();
      case 'reset':
        return known ? resetEmail(...link('reset-password')) : undefined;
    }
  }
}
