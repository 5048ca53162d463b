import { Injectable } from '@nestjs/common';
import { notFound } from '#platform/core';
import { asTenant } from '../../access/as-tenant.js';
import { noEntrance } from '../auth/sign-in.service.js';
import type { Flow } from './flow.service.js';
import { JustInTimeProvisioning } from '../provisioning/just-in-time-provisioning.service.js';
import { LoginLinks } from './login-links.service.js';
import type { Proof, Provider } from './provider.js';

/** An account at an issuer is connected from now on. */
export interface Connected {
  connected: true;
}

/** Connects an account at the tenant's issuer to a member who asked for it while signed in. */
@Injectable()
export class Connections {
  constructor(
    private readonly links: LoginLinks,
    private readonly provisioning: JustInTimeProvisioning,
  ) {}

  async connect(provider: Provider, proof: Proof, { memberId, tenant }: Flow): Promise<Connected> {
    if (memberId === null || tenant === null || tenant !== provider.tenantId) throw notFound('connected account');
    if (!(await this.provisioning.entrance(tenant, memberId))) throw noEntrance();
    await asTenant(tenant, () => this.links.connectMember(provider, proof, memberId));
    return { connected: true };
  }
}
