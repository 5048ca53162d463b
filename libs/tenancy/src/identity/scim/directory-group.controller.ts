import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID } from 'class-validator';
import { Allow, IdParam } from '#platform/http';
import { AppError } from '#platform/core';
import { type Page, PageQuery } from '#platform/database';
import { Unaudited } from '#platform/privacy';
import { type DirectoryGroup, DirectoryGroups } from './directory-group.service.js';

export class GroupGrantBody {
  /** A fixed role below owner. Neither this nor roleId: the group grants nothing. */
  @IsOptional() @IsIn(['admin', 'member', 'viewer'])
  role?: 'admin' | 'member' | 'viewer';

  /** A role of this tenant's own making. */
  @IsOptional() @IsUUID()
  roleId?: string;
}

@ApiTags('members')
@Controller('v1/directory-groups')
export class DirectoryGroupController {
  constructor(private readonly groups: DirectoryGroups) {}

  /** Groups of the directory (SCIM), and what they grant. */
  @Get()
  @Allow('tenancy.members.read')
  list(@Query() page: PageQuery): Promise<Page<DirectoryGroup>> {
    return this.groups.list(page);
  }

  /** Its members have this role from now on, and whoever joins it; who leaves it has again what they had. */
  @Put(':id')
  @Allow('tenancy.members.write')
  @Unaudited('DirectoryGroups.grant audits it')
  grant(@Param('id', new IdParam('group')) id: string, @Body() { role, roleId }: GroupGrantBody): Promise<DirectoryGroup> {
    if (role !== undefined && roleId !== undefined)
      throw new AppError('invalid', 'tenancy.group-grant', 'A group grants one role: give role or roleId, not both. Nothing was changed.');
    return this.groups.grant(id, role !== undefined ? { role } : roleId !== undefined ? { roleId } : null);
  }
}
