import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow, type Page, PageQuery } from '#kernel';
import type { Member } from '../contract.js';
import { MemberService } from './member.service.js';

@ApiTags('members')
@Controller('v1/members')
export class MemberController {
  constructor(private readonly members: MemberService) {}

  /** The people of this tenant, in the order of joining. */
  @Get()
  @Allow('tenancy.members.read')
  list(@Query() page: PageQuery): Promise<Page<Member>> {
    return this.members.list(page);
  }
}
