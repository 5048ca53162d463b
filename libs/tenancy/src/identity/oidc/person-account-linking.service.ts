import { Injectable } from '@nestjs/common';
import { SignInService } from '../auth/sign-in.service.js';
import { DomainService } from '../domain/domain.service.js';
import { IdentityService } from '../identities/identity.service.js';
import { AcceptService, type OpenInvitation } from '../auth/accept.service.js';
import { type RecognisedAccount, nameOf } from './recognised-account.js';
import { JustInTimeProvisioning } from '../provisioning/just-in-time-provisioning.service.js';
import { LoginLinks } from './login-links.service.js';
import type { IssuerProof } from './provider.js';
import { emailNotConfirmed, notExpected } from './refusals.js';

/** People whom an issuer of the deployment has proved. It is trusted with the addresses it confirms, whoever's they are. */
@Injectable()
export class PersonAccountLinking {
  constructor(
    private readonly links: LoginLinks,
    private readonly provisioning: JustInTimeProvisioning,
    private readonly identities: IdentityService,
    private readonly domains: DomainService,
    private readonly invitations: AcceptService,
    private readonly signIn: SignInService,
  ) {}

  /**
   * Who has no place yet is let in where the address is captured or invited; who has none and is not expected is refused, and nothing is
   * made of them.
   */
  async recognise(proof: IssuerProof, token: string | undefined): Promise<RecognisedAccount> {
    const connected = await this.links.personOf(proof);
    if (!connected && !proof.emailVerified) throw emailNotConfirmed();
    const identity = connected ? await this.identities.get(connected) : await this.provisioning.known(proof.email!);
    const captured = proof.emailVerified ? await this.domains.tenantOf(proof.email!) : undefined;
    const invitation = await this.invitation(proof, identity?.id, token);
    if (!identity && !captured?.joinsAs && !invitation) throw notExpected();
    return {
      identity,
      link: async (tenantId) => {
        const person = identity ?? (await this.provisioning.knownOrNew(proof.email!));
        await this.links.connectPerson(proof, person.id);
        if (captured?.joinsAs) await this.provisioning.join(captured.tenantId, person, { name: nameOf(proof), role: captured.joinsAs });
        if (invitation) await this.invitations.join(invitation, person, nameOf(proof));
        return this.signIn.choose(person.id, tenantId ?? invitation?.tenantId);
      },
    };
  }

  /**
   * The one whose e-mail they hold; else the latest to their address, for who is nowhere yet: nobody is pulled into further tenants
   * unasked.
   */
  private async invitation(
    proof: IssuerProof, identityId: string | undefined, token: string | undefined,
  ): Promise<OpenInvitation | undefined> {
    if (token !== undefined) {
      const found = await this.invitations.find(token);
      if (!proof.emailVerified || found.email !== proof.email) throw notExpected();
      return found;
    }
    if (!proof.emailVerified || (identityId && (await this.signIn.hasEntrance(identityId)))) return undefined;
    return this.invitations.waiting(proof.email!);
  }
}
