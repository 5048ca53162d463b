import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { Allow, IdParam } from '#platform/http';
import { covers, current } from '#platform/core';
import { Audited } from '#platform/privacy';
import { PERMISSIONS } from '../../access/catalogue.js';
import { ROLE_PERMISSIONS } from '../../access/roles.js';
import { RoleService, type RoleView } from './role.service.js';

export class NewRoleBody {
  @IsString() @Length(1, 120)
  name: string;

  /** From GET /v1/permissions, or patterns over them: `search.*`, `*.read`. Never more than you hold. */
  @IsArray() @ArrayMaxSize(100) @IsString({ each: true }) @MaxLength(200, { each: true })
  permissions: string[];
}

export class RoleChangeBody {
  @IsOptional() @IsString() @Length(1, 120)
  name?: string;

  @IsOptional() @IsArray() @ArrayMaxSize(100) @IsString({ each: true }) @MaxLength(200, { each: true })
  permissions?: string[];
}

export interface PermissionView {
  permission: string;
  /** Whether you hold it, and so may put it into a role or a key. */
  held: boolean;
  /** The fixed roles that hold it. */
  roles: string[];
}

@ApiTags('roles')
@Controller('v1')
export class RoleController {
  constructor(private readonly roles: RoleService) {}

  /** Every permission a route of Atoll asks for. */
  @Get('permissions')
  @Allow('tenancy.roles.read')
  permissions(): { items: PermissionView[] } {
    const { permissions } = current().actor;
    const holds = (patterns: readonly string[], permission: string): boolean => patterns.some((pattern) => covers(pattern, permission));
    return { items: PERMISSIONS.map((permission) => ({ permission, held: holds(permissions, permission),
      roles: Object.entries(ROLE_PERMISSIONS).filter(([, patterns]) => holds(patterns, permission)).map(([role]) => role) })) };
  }

  /** The roles of this tenant's own making, by name. */
  @Get('roles')
  @Allow('tenancy.roles.read')
  async list(): Promise<{ items: RoleView[] }> {
    return { items: await this.roles.list() };
  }

  @Post('roles')
  @Allow('tenancy.roles.write')
  @Audited('tenancy.role.created', { detail: ({ name, permissions }: RoleView) => ({ name, permissions }) })
  create(@Body() body: NewRoleBody): Promise<RoleView> {
    return this.roles.create(body);
  }

  @Get('roles/:id')
  @Allow('tenancy.roles.read')
  get(@Param('id', new IdParam('role')) id: string): Promise<RoleView> {
    return this.roles.get(id);
  }

  /** Changes a role for everybody who has it, within 5 seconds. */
  @Patch('roles/:id')
  @Allow('tenancy.roles.write')
  @Audited('tenancy.role.changed', { detail: ({ name, permissions }: RoleView) => ({ name, permissions }) })
  change(@Param('id', new IdParam('role')) id: string, @Body() body: RoleChangeBody): Promise<RoleView> {
    return this.roles.change(id, body);
  }

  /** Deletes a role that nobody has. */
  @Delete('roles/:id')
  @HttpCode(204)
  @Allow('tenancy.roles.write')
  @Audited('tenancy.role.deleted')
  remove(@Param('id', new IdParam('role')) id: string): Promise<void> {
    return this.roles.remove(id);
  }
}
