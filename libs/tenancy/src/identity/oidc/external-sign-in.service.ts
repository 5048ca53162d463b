import { Injectable } from '@nestjs/common';
import { fromErrorData } from '#platform/core';
import type { Caller, SignedIn } from '../auth/sign-in.service.js';
import { type Connected, Connections } from './connections.service.js';
import { Doorway } from './doorway.service.js';
import { FlowService } from './flow.service.js';
import { MemberArrivals } from './member-arrivals.service.js';
import { PersonArrivals } from './person-arrivals.service.js';
import { ProviderService } from './provider.service.js';
import { flowRefused, unknownProvider } from './refusals.js';

export interface FinishRequest {
  ticket: string;
  code?: string;
  tenantId?: string;
}

/** The end of a sign-in at an issuer: from who somebody is to a session, or to a connected account. */
@Injectable()
export class ExternalSignIn {
  constructor(
    private readonly flows: FlowService,
    private readonly providers: ProviderService,
    private readonly persons: PersonArrivals,
    private readonly members: MemberArrivals,
    private readonly connections: Connections,
    private readonly doorway: Doorway,
  ) {}

  /** Asks again for a code or a choice of tenant without using the ticket up. */
  async finish({ ticket, code, tenantId }: FinishRequest, browser: string | undefined, caller: Caller): Promise<SignedIn | Connected> {
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
      return this.connections.connect(provider, proof, flow);
    }
    const { invitation } = flow.secrets;
    const arrival = provider.tenantId === null ? await this.persons.recognise(proof, invitation) : await this.members.recognise(provider, proof, invitation);
    const methods = await this.doorway.methods(arrival.identity, proof, code, caller.ip);
    const entrance = await arrival.settle(tenantId);
    await this.flows.use(flow);
    return this.doorway.open(entrance, provider, methods, caller.device);
  }
}
