import { Injectable } from '@nestjs/common';
import { fromErrorData } from '#platform/core';
import { SignInService, type SignedIn } from '../auth/sign-in.service.js';
import type { Caller } from '../session/caller.js';
import type { SignInMethod } from '../session/session.entity.js';
import { FlowService } from './flow.service.js';
import { type Connected, MemberAccountLinking } from './member-account-linking.service.js';
import { PersonAccountLinking } from './person-account-linking.service.js';
import type { FinishBody } from './oidc.bodies.js';
import { ProviderService } from './provider.service.js';
import { flowRefused, unknownProvider } from './refusals.js';

/** The end of a sign-in at an issuer: from who somebody is to a session, or to a connected account. */
@Injectable()
export class ExternalSignIn {
  constructor(
    private readonly flows: FlowService,
    private readonly providers: ProviderService,
    private readonly persons: PersonAccountLinking,
    private readonly members: MemberAccountLinking,
    private readonly signIn: SignInService,
  ) {}

  /** Asks again for a code or a choice of tenant without using the ticket up. */
  async finish({ ticket, code, tenantId }: FinishBody, browser: string | undefined, caller: Caller): Promise<SignedIn | Connected> {
    if (browser === undefined) throw flowRefused();
    const { flow, outcome } = await this.flows.look(ticket, browser);
    if ('fault' in outcome) {
      await this.flows.use(flow);
      throw fromErrorData(outcome.fault);
    }
    const provider = await this.providers.usable(flow.provider, flow.tenant);
    if (!provider) throw unknownProvider();
    const { proof } = outcome;
    if (flow.purpose === 'link') {
      await this.flows.use(flow);
      return this.members.connect(provider, proof, flow);
    }
    const { invitation } = flow.secrets;
    const account = provider.tenantId === null
      ? await this.persons.recognise(proof, invitation)
      : await this.members.recognise(provider, proof, invitation);
    const first: SignInMethod[] = proof.strong ? ['sso', 'mfa'] : ['sso'];
    const methods = account.identity ? await this.signIn.furtherOfIssuer(account.identity, code, caller.ip, first) : first;
    const entrance = await account.link(tenantId);
    await this.flows.use(flow);
    return this.signIn.open(entrance, caller.device, methods, provider.tenantId === null ? null : provider.key);
  }
}
