import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import { IsMoment } from '#platform/core';
import { Allow, IdParam } from '#platform/http';
import { type Page, PageQuery } from '#platform/database';
import { Unaudited } from '#platform/privacy';
import { ApiKeyService, type ApiKeyView } from './api-key.service.js';

export class NewApiKeyBody {
  /** What the key is for, as it stands in the list. */
  @IsString() @Length(1, 120)
  name: string;

  /** Permissions or patterns of them: `search.files.read`, `search.*`, `*.read`, `*`. Never more than your own. */
  @IsArray() @ArrayMaxSize(50) @IsString({ each: true }) @MaxLength(200, { each: true })
  scopes: string[];

  /** ISO 8601; without it the key lives until it is revoked. */
  @IsOptional() @IsMoment()
  expiresAt?: string;

  /** Requests a minute this key may make; without it, only the quotas of everybody count. */
  @IsOptional() @IsInt() @Min(1) @Max(1_000_000)
  ratePerMinute?: number;
}

@ApiTags('api keys')
@Controller('v1/api-keys')
export class ApiKeyController {
  constructor(private readonly keys: ApiKeyService) {}

  /** Makes a key of the tenant's own. `key` is in this answer only. */
  @Post()
  @Allow('tenancy.keys.write')
  @Unaudited('ApiKeyService.create audits it')
  create(@Body() body: NewApiKeyBody): Promise<ApiKeyView & { key: string }> {
    return this.keys.create(body);
  }

  /** The keys that are in force, newest first. */
  @Get()
  @Allow('tenancy.keys.write')
  list(@Query() page: PageQuery): Promise<Page<ApiKeyView>> {
    return this.keys.list(page);
  }

  @Get(':id')
  @Allow('tenancy.keys.write')
  get(@Param('id', new IdParam('API key')) id: string): Promise<ApiKeyView> {
    return this.keys.get(id);
  }

  /** Revokes a key: it opens nothing any more within 5 seconds, everywhere. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('tenancy.keys.write')
  @Unaudited('ApiKeyService.revoke audits it')
  revoke(@Param('id', new IdParam('API key')) id: string): Promise<void> {
    return this.keys.revoke(id);
  }
}
