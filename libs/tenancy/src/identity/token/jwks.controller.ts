import { Controller, Get, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { JWK } from 'jose';
import { Public } from '#platform/http';
import { SigningKeyService } from './signing-key.service.js';

@ApiTags('sign-in')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly keys: SigningKeyService) {}

  /** Public keys of the access tokens (RFC 7517): former, current and next. */
  @Get('jwks.json')
  @Public()
  @Header('cache-control', 'public, max-age=300')
  jwks(): Promise<{ keys: JWK[] }> {
    return this.keys.publicKeys();
  }
}
