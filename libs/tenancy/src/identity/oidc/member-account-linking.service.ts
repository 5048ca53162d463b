import { Injectable } from '@nestjs/common';
import { notFound } from '#platform/core';
import { asTenant } from '../../access/as-tenant.js';
import { noEntrance } from '../auth/sign-in.service.js';
import { DomainService } from '../domain/domain.service.js';
import type { IdentityRow } from '../identities/identity.entity.js';
import { IdentityService } from '../identities/identity.service.js';
import { AcceptService } from '../auth/accept.service.js';
import type { Entrance } from '../../organisation/tenant/tenant.service.js';
import { type RecognisedAccount, nameOf } from './recognised-account.js';
import { JustInTimeProvisioning, linkYourself } from '../provisioning/just-in-time-provisioning.service.js';
import type { OidcFlow } from './flow.service.js';
import { LoginLinks } from './login-links.service.js';
import type { IssuerProof, Provider } from './provider.js';
import { emailNotConfirmed, notExpected } from './refusals.js';

/** An account at an issuer is connected from now on. */
export interface Connected {
  connected: true;
}

/**
 * People whom a tenant's own issuer has proved. It is trusted in that tenant alone, with addresses of domains the tenant has proven; any
 * other address it may say of anybody, so by that nobody is recognised. An owner connects an issuer while signed in: who sets one up does
 * not become the owner by it.
 */
@Injectable()
export class MemberAccountLinking {
  constructor(
    private readonly links: LoginLinks,
    private readonly provisioning: JustInTimeProvisioning,
    private readonly identities: IdentityService,
    private readonly domains: DomainService,
    private readonly invitations: AcceptService,
  ) {}

  /** Connects an account at the tenant's issuer to a member who asked for it while signed in. */
  async connect(provider: Provider, proof: IssuerProof, { memberId, tenant }: OidcFlow): Promise<Connected> {
    if (memberId === null || tenant === null || tenant !== provider.tenantId) throw notFound('connected account');
    if (!(await this.provisioning.entrance(tenant, memberId))) throw noEntrance();
    await asTenant(tenant, () => this.links.connectMember(provider, proof, memberId));
    return { connected: true };
  }

  async recognise(provider: Provider, proof: IssuerProof, token: string | undefined): Promise<RecognisedAccount> {
    const linked = await this.links.memberOf(provider, proof.subject);
    if (linked) {
      if (linked.status !== 'active') throw noEntrance();
      return { identity: await this.identities.get(linked.identityId), link: () => this.enter(provider, linked.memberId) };
    }
    if (proof.email === null) throw emailNotConfirmed();
    const captured = await this.domains.tenantOf(proof.email);
    const trusted = proof.emailVerified && captured?.tenantId === provider.tenantId;
    if (token !== undefined) return this.invited(provider, proof, token, trusted);
    if (!proof.emailVerified) throw emailNotConfirmed();
    if (!trusted) throw notExpected();
    const identity = await this.provisioning.known(proof.email);
    const member = identity && (await this.provisioning.memberOf(provider.tenantId!, identity.id));
    if (member?.status === 'suspended') throw noEntrance();
    if (member?.beyondAdmin) throw linkYourself();
    const role = captured?.joinsAs;
    if (!member && !role) throw notExpected();
    return this.recognised(provider, proof, identity, async (person) =>
      member?.id ?? this.provisioning.join(provider.tenantId!, person, { name: nameOf(proof), role: role! }));
  }

  /** The e-mail proves the mailbox. A person who is known already, outside of the tenant's domains, proves it with their password first. */
  private async invited(provider: Provider, proof: IssuerProof, token: string, trusted: boolean): Promise<RecognisedAccount> {
    const invitation = await this.invitations.find(token);
    if (invitation.tenantId !== provider.tenantId || invitation.email !== proof.email) throw notExpected();
    const identity = await this.provisioning.known(invitation.email);
    if ((identity && !trusted) || invitation.role === 'owner') throw linkYourself();
    return this.recognised(provider, proof, identity, (person) => this.invitations.join(invitation, person, nameOf(proof)));
  }

  private recognised(
    provider: Provider, proof: IssuerProof, identity: IdentityRow | null, place: (person: IdentityRow) => Promise<string>,
  ): RecognisedAccount {
    return {
      identity,
      link: async () => {
        const memberId = await place(identity ?? (await this.provisioning.knownOrNew(proof.email!)));
        await asTenant(provider.tenantId!, () => this.links.connectMember(provider, proof, memberId));
        return this.enter(provider, memberId);
      },
    };
  }

  private async enter({ tenantId }: Provider, memberId: string): Promise<Entrance> {
    const entrance = await this.provisioning.entrance(tenantId!, memberId);
    if (!entrance) throw noEntrance();
    return entrance;
  }
}
