import { Injectable } from '@nestjs/common';
import { AppError } from '#platform/core';
import { Db } from '#platform/database';
import { asTenant } from '../../access/as-tenant.js';
import { linkRefused } from '../../access/refused.js';
import { assertEmail, normalEmail } from '../../organisation/email/address.js';
import { IdentityService } from '../identities/identity.service.js';
import { LetterDesk } from '../one-time-token/letter-desk.service.js';
import { PasswordService } from './password.service.js';
import { MemberService } from '../../organisation/member/member.service.js';
import { TotpService, wrongCode } from '../totp/totp.service.js';
import { type LetterSent, letterSent } from '../auth/registration.service.js';

export interface EmailChanged {
  emailChanged: true;
}

/** From one address to another: the password asks for it, the new mailbox answers, the old one is told. */
@Injectable()
export class AddressService {
  constructor(
    private readonly db: Db,
    private readonly identities: IdentityService,
    private readonly passwords: PasswordService,
    private readonly totp: TotpService,
    private readonly desk: LetterDesk,
    private readonly members: MemberService,
  ) {}

  /** The same for every address: whether it has an account is told to its mailbox alone. */
  async ask(identityId: string, { email, password, code }: { email: string; password: string; code?: string }, ip: string): Promise<LetterSent> {
    this.desk.assertReady();
    const address = normalEmail(email);
    assertEmail(address);
    await this.passwords.prove(identityId, password, ip, async () => {
      if ((await this.totp.active(identityId)) && !(code !== undefined && (await this.totp.use(identityId, code)))) throw wrongCode('forbidden');
    });
    await this.desk.order('email', address, { identityId });
    return letterSent();
  }

  /** Every tenant of the person sees the new address; links to the former one open nothing any more. */
  async confirm(token: string): Promise<EmailChanged> {
    const ticket = await this.desk.look(['email'], token);
    if (ticket.identityId === null) throw linkRefused();
    const { id, email: former } = await this.identities.get(ticket.identityId);
    await this.desk.use(ticket);
    if (!(await this.identities.changeEmail(id, ticket.email))) throw new AppError('conflict', 'tenancy.email-taken', 'This address got an account after the letter was sent, so nothing was changed. Use another one.');
    await this.desk.endAll(former);
    await this.tellTenants(id, ticket.email);
    await this.desk.order('moved', former);
    return { emailChanged: true };
  }

  private async tellTenants(identityId: string, email: string): Promise<void> {
    const places = await this.db.system('the tenants of a person who has moved', () =>
      this.db.query<{ tenantId: string; id: string }>('select tenant_id as "tenantId", id from tenancy.membership where identity_id = $1', [identityId]),
    );
    for (const { tenantId, id } of places) await asTenant(tenantId, () => this.members.readdress(id, email));
  }
}
