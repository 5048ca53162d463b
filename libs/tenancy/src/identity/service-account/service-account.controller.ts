import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString, IsUUID, Length, MaxLength } from 'class-validator';
import { Allow, IdParam } from '#platform/http';
import { type Page, PageQuery } from '#platform/database';
import { Unaudited } from '#platform/privacy';
import { NewApiKeyBody } from '../api-key/api-key.controller.js';
import { ApiKeyService, type ApiKeyView } from '../api-key/api-key.service.js';
import type { Role } from '../../contract.js';
import { ServiceAccountService, type ServiceAccountView } from './service-account.service.js';

class Rights {
  /** A fixed role. One of role, roleId and permissions is needed. */
  @IsOptional() @IsIn(['owner', 'admin', 'member', 'viewer'])
  role?: Role;

  /** A role of this tenant's own making. */
  @IsOptional() @IsUUID()
  roleId?: string;

  /** From GET /v1/permissions, or patterns over them. Never more than you hold. */
  @IsOptional() @IsArray() @ArrayMaxSize(100) @IsString({ each: true }) @MaxLength(200, { each: true })
  permissions?: string[];
}

export class NewServiceAccountBody extends Rights {
  @IsString() @Length(1, 120)
  name: string;
}

export class ServiceAccountChangeBody extends Rights {
  @IsOptional() @IsString() @Length(1, 120)
  name?: string;

  /** A disabled account opens nothing until it is active again. */
  @IsOptional() @IsIn(['active', 'disabled'])
  status?: 'active' | 'disabled';
}

@ApiTags('service accounts')
@Controller('v1/service-accounts')
export class ServiceAccountController {
  constructor(
    private readonly accounts: ServiceAccountService,
    private readonly keys: ApiKeyService,
  ) {}

  /** Makes an account for a program: it has no password and cannot sign in; its keys speak for it. */
  @Post()
  @Allow('tenancy.accounts.write')
  @Unaudited('ServiceAccountService.create audits it')
  create(@Body() body: NewServiceAccountBody): Promise<ServiceAccountView> {
    return this.accounts.create(body);
  }

  /** Newest first. */
  @Get()
  @Allow('tenancy.accounts.read')
  list(@Query() page: PageQuery): Promise<Page<ServiceAccountView>> {
    return this.accounts.list(page);
  }

  @Get(':id')
  @Allow('tenancy.accounts.read')
  get(@Param('id', new IdParam('service account')) id: string): Promise<ServiceAccountView> {
    return this.accounts.get(id);
  }

  @Patch(':id')
  @Allow('tenancy.accounts.write')
  @Unaudited('ServiceAccountService.change audits it')
  change(@Param('id', new IdParam('service account')) id: string, @Body() body: ServiceAccountChangeBody): Promise<ServiceAccountView> {
    return this.accounts.change(id, body);
  }

  /** Deletes an account and ends its keys, within 5 seconds, everywhere. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('tenancy.accounts.write')
  @Unaudited('ServiceAccountService.remove audits it')
  remove(@Param('id', new IdParam('service account')) id: string): Promise<void> {
    return this.accounts.remove(id);
  }

  /** Makes a key that speaks for the account. `key` is in this answer only. */
  @Post(':id/api-keys')
  @Allow('tenancy.accounts.write')
  @Unaudited('ApiKeyService.create audits it')
  async createKey(@Param('id', new IdParam('service account')) id: string,
    @Body() body: NewApiKeyBody): Promise<ApiKeyView & { key: string }> {
    await this.accounts.get(id);
    return this.keys.create(body, { kind: 'account', id });
  }

  /** The account's keys that are in force, newest first. */
  @Get(':id/api-keys')
  @Allow('tenancy.accounts.read')
  async listKeys(@Param('id', new IdParam('service account')) id: string, @Query() page: PageQuery): Promise<Page<ApiKeyView>> {
    await this.accounts.get(id);
    return this.keys.list(page, { kind: 'account', id });
  }
}
