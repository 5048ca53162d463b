import { Injectable } from '@nestjs/common';
import { ApiKeyService } from './api-key/api-key.service.js';
import { KeyVerifier } from './api-key/key-verifier.service.js';
import { RegistrationService } from './auth/registration.service.js';
import { DomainService } from './domain/domain.service.js';
import { SessionVerifier } from './session/session-verifier.service.js';

/** What the context's contract opens of this module. */
@Injectable()
export class IdentityFacade {
  constructor(
    readonly registration: RegistrationService,
    readonly domains: DomainService,
    readonly keys: ApiKeyService,
    readonly keyVerifier: KeyVerifier,
    readonly sessionVerifier: SessionVerifier,
  ) {}
}
