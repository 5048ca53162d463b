import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { IsMailbox } from '../email/address.js';
import { Allow, IdParam } from '#platform/http';
import { Audited } from '#platform/privacy';
import { type Page, PageQuery } from '#platform/database';
import type { Role } from '../../contract.js';
import { InvitationService, type InvitationView } from './invitation.service.js';

export class NewInvitationBody {
  @IsMailbox()
  email: string;

  /** What they will be: never more than you are. */
  @IsIn(['owner', 'admin', 'member', 'viewer'])
  role: Role;
}

@ApiTags('invitations')
@Controller('v1/invitations')
export class InvitationController {
  constructor(private readonly invitations: InvitationService) {}

  /** Invites the reader of a mailbox by e-mail. Inviting an address again replaces its open invitation. */
  @Post()
  @Allow('tenancy.members.write')
  @Audited('tenancy.invitation.created', { detail: ({ role }: InvitationView) => ({ role }) })
  create(@Body() body: NewInvitationBody): Promise<InvitationView> {
    return this.invitations.create(body);
  }

  /** Invitations that can still be accepted, newest first. */
  @Get()
  @Allow('tenancy.members.write')
  list(@Query() page: PageQuery): Promise<Page<InvitationView>> {
    return this.invitations.list(page);
  }

  /** Withdraws an invitation: its link opens nothing any more. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('tenancy.members.write')
  @Audited('tenancy.invitation.revoked')
  revoke(@Param('id', new IdParam('invitation')) id: string): Promise<void> {
    return this.invitations.revoke(id);
  }
}
