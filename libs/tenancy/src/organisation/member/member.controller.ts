import { Body, Controller, Get, Param, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID } from 'class-validator';
import { Allow, IdParam } from '#platform/http';
import { AppError } from '#platform/core';
import { Audited } from '#platform/privacy';
import { type Page, PageQuery } from '#platform/database';
import type { Member, Role } from '../../contract.js';
import { AssignmentService } from './assignment.service.js';
import { MemberService } from './member.service.js';

/** One of both. */
export class MemberRoleBody {
  /** A fixed role. */
  @IsOptional() @IsIn(['owner', 'admin', 'member', 'viewer'])
  role?: Role;

  /** A role of this tenant's own making. */
  @IsOptional() @IsUUID()
  roleId?: string;
}

@ApiTags('members')
@Controller('v1/members')
export class MemberController {
  constructor(
    private readonly members: MemberService,
    private readonly assignments: AssignmentService,
  ) {}

  /** The people of this tenant, in the order of joining. */
  @Get()
  @Allow('tenancy.members.read')
  list(@Query() page: PageQuery): Promise<Page<Member>> {
    return this.members.list(page);
  }

  /** Gives a member another role, effective within 5 seconds; never one that holds more than you do. */
  @Patch(':id')
  @Allow('tenancy.members.write')
  @Audited('tenancy.member.changed', { detail: ({ role, roleId }: Member) => ({ role, roleId }) })
  assign(@Param('id', new IdParam('member')) id: string, @Body() { role, roleId }: MemberRoleBody): Promise<Member> {
    if ((role === undefined) === (roleId === undefined))
      throw new AppError('invalid', 'tenancy.one-role', 'Say either role or roleId: a member has one role.',
        { errors: [{ pointer: '/role', detail: 'is needed, or roleId in its place' }] });
    return this.assignments.assign(id, role === undefined ? { roleId: roleId! } : { role });
  }
}
