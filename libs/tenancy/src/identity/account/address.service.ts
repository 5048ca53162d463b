import { Injectable } from '@nestjs/common';
import { AppError } from '#platform/core';
import { asTenant } from '../../access/as-tenant.js';
import { linkRefused } from '../../access/refused.js';
import { toEmail } from '../../organisation/email/address.js';
import { IdentityService } from '../identities/identity.service.js';
import { type EmailSent, OneTimeTokenService } from '../one-time-token/one-time-token.service.js';
import { PasswordService } from './password.service.js';
import { MemberService } from '../../organisation/member/member.service.js';
import { TotpService, wrongCode } from '../totp/totp.service.js';

export interface EmailChanged {
  emailChanged: true;
}

/** From one address to another: the password asks for it, the new mailbox answers, the old one is told. */
@Injectable()
export class AddressService {
  constructor(
    private readonly identities: IdentityService,
    private readonly passwords: PasswordService,
    private readonly totp: TotpService,
    private readonly oneTime: OneTimeTokenService,
    private readonly members: MemberService,
  ) {}

  /** The same for every address: whether it has an account is told to its mailbox alone. */
  async ask(
    identityId: string, { email, password, code }: { email: string; password: string; code?: string }, ip: string,
  ): Promise<EmailSent> {
    this.oneTime.assertReady();
    const address = toEmail(email);
    await this.passwords.prove(identityId, password, ip, async () => {
      if ((await this.totp.active(identityId)) && !(code !== undefined && (await this.totp.use(identityId, code))))
        throw wrongCode('forbidden');
    });
    return this.oneTime.send('email', address, { identityId });
  }

  /** Every tenant of the person sees the new address; links to the former one open nothing any more. */
  async confirm(text: string): Promise<EmailChanged> {
    const token = await this.oneTime.look(['email'], text);
    if (token.identityId === null) throw linkRefused();
    const { id, email: former } = await this.identities.get(token.identityId);
    await this.oneTime.use(token);
    await this.oneTime.endOf(id);
    if (!(await this.identities.changeEmail(id, token.email))) throw emailTaken();
    for (const place of await this.members.placesOf(id)) {
      await asTenant(place.tenantId, () => this.members.readdress(place.id, token.email));
    }
    await this.oneTime.send('moved', former);
    return { emailChanged: true };
  }
}

function emailTaken(): AppError {
  const text = 'This address got an account after the letter was sent, so nothing was changed. Use another one.';
  return new AppError('conflict', 'tenancy.email-taken', text);
}
