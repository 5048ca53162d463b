import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow, IdParam } from '#platform/http';
import { type Page, PageQuery } from '#platform/database';
import { Unaudited } from '#platform/privacy';
import { currentSession } from '../session/current-session.js';
import { NewApiKeyBody } from '../api-key/api-key.controller.js';
import { ApiKeyService, type ApiKeyView } from '../api-key/api-key.service.js';

@ApiTags('me')
@Controller('v1/me/keys')
export class OwnKeyController {
  constructor(private readonly keys: ApiKeyService) {}

  /**
   * Makes a key that speaks for you: it may what its scopes and your own permissions both allow, and ends with your membership. `key` is in
   * this answer only.
   */
  @Post()
  @Allow('tenancy.profile.write')
  @Unaudited('ApiKeyService.create audits it')
  create(@Body() body: NewApiKeyBody): Promise<ApiKeyView & { key: string }> {
    return this.keys.create(body, { kind: 'user', id: currentSession().userId });
  }

  /** Your keys that are in force, newest first. */
  @Get()
  @Allow('tenancy.profile.write')
  list(@Query() page: PageQuery): Promise<Page<ApiKeyView>> {
    return this.keys.list(page, { kind: 'user', id: currentSession().userId });
  }

  /** Revokes one of your keys. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('tenancy.profile.write')
  @Unaudited('ApiKeyService.revoke audits it')
  revoke(@Param('id', new IdParam('API key')) id: string): Promise<void> {
    return this.keys.revoke(id, { kind: 'user', id: currentSession().userId });
  }
}
