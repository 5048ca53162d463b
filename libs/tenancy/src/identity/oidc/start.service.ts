import { Injectable } from '@nestjs/common';
import { current } from '#platform/core';
import { DomainService } from '../domain/domain.service.js';
import { PasswordService } from '../account/password.service.js';
import { FlowService } from './flow.service.js';
import { IssuerClient } from './issuer-client.js';
import { OidcConfig } from './oidc.config.js';
import type { ConnectBody, StartBody } from './oidc.bodies.js';
import type { Provider } from './provider.js';
import { ProviderService } from './provider.service.js';
import { returnAddress } from './return-address.js';
import { unknownProvider } from './refusals.js';

/** One way to sign in. */
export interface SignInOption {
  /** For `provider` of a start. */
  provider: string;
  /** For `tenantId` of a start; null: the deployment's. */
  tenantId: string | null;
  name: string;
}

/** Where the browser goes next: the issuer's page. */
export interface OidcStart {
  url: string;
}

/** The beginning of a sign-in at an issuer. */
@Injectable()
export class StartService {
  constructor(
    private readonly flows: FlowService,
    private readonly providers: ProviderService,
    private readonly issuers: IssuerClient,
    private readonly domains: DomainService,
    private readonly passwords: PasswordService,
    private readonly config: OidcConfig,
  ) {}

  get base(): string {
    return this.issuers.base;
  }

  /** By the domain alone: nothing here tells whether an address is known. */
  async options(email: string | undefined): Promise<SignInOption[]> {
    const captured = email === undefined ? undefined : await this.domains.tenantOf(email);
    const own = captured ? await this.providers.usableOf(captured.tenantId) : [];
    return [...own, ...this.providers.common].map(({ key, tenantId, name }) => ({ provider: key, tenantId, name }));
  }

  async begin({ provider: key, tenantId, returnTo, loginHint, invitation }: StartBody, browser: string): Promise<OidcStart> {
    const address = returnAddress(returnTo, this.base, this.config.returnOrigins);
    return this.start(await this.providers.usable(key, tenantId?.toLowerCase() ?? null), browser,
      { purpose: 'sign-in', returnTo: address, invitation }, loginHint);
  }

  /** For who is signed in: the account that then signs in at the issuer becomes theirs. */
  async connect(
    { provider: key, password, returnTo }: ConnectBody,
    { memberId, identityId }: { memberId: string; identityId: string },
    browser: string,
    ip: string,
  ): Promise<OidcStart> {
    const address = returnAddress(returnTo, this.base, this.config.returnOrigins);
    const provider = await this.providers.usable(key.toLowerCase(), current().tenantId);
    await this.passwords.prove(identityId, password, ip);
    return this.start(provider, browser, { purpose: 'link', memberId, returnTo: address });
  }

  private async start(
    provider: Provider | undefined, browser: string, entry: Parameters<FlowService['begin']>[2], loginHint?: string,
  ): Promise<OidcStart> {
    if (!provider) throw unknownProvider();
    return { url: await this.issuers.authorizationUrl(provider, await this.flows.begin(provider, browser, entry), loginHint) };
  }
}
