import type { Provider, Type } from '@nestjs/common';
import { DomainController } from '../domain/domain.controller.js';
import { DomainService } from '../domain/domain.service.js';
import { TxtRecords } from '../domain/txt-records.js';
import { Connections } from './connections.service.js';
import { Doorway } from './doorway.service.js';
import { ExternalSignIn } from './external-sign-in.service.js';
import { FlowService } from './flow.service.js';
import { IssuerClient } from './issuer-client.js';
import { Joining } from './joining.service.js';
import { LoginController } from './login.controller.js';
import { LoginLinks } from './login-links.service.js';
import { MemberArrivals } from './member-arrivals.service.js';
import { OidcController } from './oidc.controller.js';
import { OidcGuard, OidcStrategy } from './oidc.guard.js';
import { PersonArrivals } from './person-arrivals.service.js';
import { ProviderController } from './provider.controller.js';
import { ProviderService } from './provider.service.js';
import { StartService } from './start.service.js';

export const oidcControllers: Type[] = [OidcController, LoginController, ProviderController, DomainController];

export const oidcProviders: Provider[] = [
  TxtRecords, DomainService, ProviderService, IssuerClient, FlowService, LoginLinks, Joining, PersonArrivals, MemberArrivals, Doorway, Connections, ExternalSignIn, StartService, OidcStrategy, OidcGuard,
];
