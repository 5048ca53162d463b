import { Injectable } from '@nestjs/common';
import { asTenant } from '../../access/as-tenant.js';
import { noEntrance } from '../auth/sign-in.service.js';
import { DomainService } from '../domain/domain.service.js';
import type { IdentityRow } from '../identities/identity.entity.js';
import { IdentityService } from '../identities/identity.service.js';
import { AcceptService } from '../auth/accept.service.js';
import type { Entrance } from '../../organisation/tenant/tenant.service.js';
import { type Arrival, nameOf } from './arrival.js';
import { Joining } from './joining.service.js';
import { LoginLinks } from './login-links.service.js';
import type { Proof, Provider } from './provider.js';
import { emailNotConfirmed, linkYourself, notExpected } from './refusals.js';

/**
 * People whom a tenant's own issuer has proved. It is trusted in that tenant alone, with addresses of domains the tenant has proven; any other
 * address it may say of anybody, so by that nobody is recognised. An owner connects an issuer while signed in: who sets one up does not become the owner by it.
 */
@Injectable()
export class MemberArrivals {
  constructor(
    private readonly links: LoginLinks,
    private readonly joining: Joining,
    private readonly identities: IdentityService,
    private readonly domains: DomainService,
    private readonly invitations: AcceptService,
  ) {}

  async recognise(provider: Provider, proof: Proof, token: string | undefined): Promise<Arrival> {
    const linked = await this.links.memberOf(provider, proof.subject);
    if (linked) {
      if (linked.status !== 'active') throw noEntrance();
      return { identity: await this.identities.get(linked.identityId), settle: () => this.enter(provider, linked.memberId) };
    }
    if (proof.email === null) throw emailNotConfirmed();
    const captured = await this.domains.tenantOf(proof.email);
    const trusted = proof.emailVerified && captured?.tenantId === provider.tenantId;
    if (token !== undefined) return this.invited(provider, proof, token, trusted);
    if (!proof.emailVerified) throw emailNotConfirmed();
    if (!trusted) throw notExpected();
    const identity = await this.joining.known(proof.email);
    const member = identity && (await this.joining.memberOf(provider.tenantId!, identity.id));
    if (member?.status === 'suspended') throw noEntrance();
    if (member?.beyondAdmin) throw linkYourself();
    const role = captured?.joinsAs;
    if (!member && !role) throw notExpected();
    return this.arrival(provider, proof, identity, async (person) => member?.id ?? this.joining.join(provider.tenantId!, person, { name: nameOf(proof), role: role! }));
  }

  /** The letter proves the mailbox. A person who is known already, outside of the tenant's domains, proves it with their password first. */
  private async invited(provider: Provider, proof: Proof, token: string, trusted: boolean): Promise<Arrival> {
    const invitation = await this.invitations.find(token);
    if (invitation.tenantId !== provider.tenantId || invitation.email !== proof.email) throw notExpected();
    const identity = await this.joining.known(invitation.email);
    if ((identity && !trusted) || invitation.role === 'owner') throw linkYourself();
    return this.arrival(provider, proof, identity, (person) => this.invitations.join(invitation, person, nameOf(proof)));
  }

  private arrival(provider: Provider, proof: Proof, identity: IdentityRow | null, place: (person: IdentityRow) => Promise<string>): Arrival {
    return {
      identity,
      settle: async () => {
        const memberId = await place(identity ?? (await this.joining.knownOrNew(proof.email!)));
        await asTenant(provider.tenantId!, () => this.links.connectMember(provider, proof, memberId));
        return this.enter(provider, memberId);
      },
    };
  }

  private async enter({ tenantId }: Provider, memberId: string): Promise<Entrance> {
    const entrance = await this.joining.entrance(tenantId!, memberId);
    if (!entrance) throw noEntrance();
    return entrance;
  }
}
