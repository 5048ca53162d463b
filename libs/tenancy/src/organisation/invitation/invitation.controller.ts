import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsEmail, IsIn, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Allow, IdParam, Public } from '#platform/http';
import { Audited, Unaudited } from '#platform/privacy';
import { type Page, PageQuery } from '#platform/database';
import { deviceOf } from '../../identity/auth/device.js';
import type { SignedIn } from '../../identity/auth/sign-in.service.js';
import type { Role } from '../../contract.js';
import { AcceptService, type InvitationFacts } from '../../identity/auth/accept.service.js';
import { InvitationService, type InvitationView } from './invitation.service.js';

export class NewInvitationBody {
  @IsEmail() @MaxLength(254)
  email: string;

  /** What they will be: never more than you are. */
  @IsIn(['owner', 'admin', 'member', 'viewer'])
  role: Role;
}

export class InvitationTokenBody {
  /** From the letter. */
  @IsString() @Length(1, 200)
  token: string;
}

export class AcceptBody extends InvitationTokenBody {
  /** Your name in this tenant. */
  @IsString() @Length(1, 120)
  name: string;

  /** A new one of at least 10 characters, or that of your account if you have one. */
  @IsString() @Length(1, 1_024)
  password: string;

  /** Of your second factor, if you have one. */
  @IsOptional() @IsString() @Length(6, 20)
  code?: string;
}

@ApiTags('invitations')
@Controller('v1')
export class InvitationController {
  constructor(
    private readonly invitations: InvitationService,
    private readonly acceptance: AcceptService,
  ) {}

  /** Invites the reader of a mailbox by letter. Inviting an address again replaces its open invitation. */
  @Post('invitations')
  @Allow('tenancy.members.write')
  @Audited('tenancy.invitation.created', { detail: ({ role }: InvitationView) => ({ role }) })
  create(@Body() body: NewInvitationBody): Promise<InvitationView> {
    return this.invitations.create(body);
  }

  /** Invitations that can still be accepted, newest first. */
  @Get('invitations')
  @Allow('tenancy.members.write')
  list(@Query() page: PageQuery): Promise<Page<InvitationView>> {
    return this.invitations.list(page);
  }

  /** Withdraws an invitation: its link opens nothing any more. */
  @Delete('invitations/:id')
  @HttpCode(204)
  @Allow('tenancy.members.write')
  @Audited('tenancy.invitation.revoked')
  revoke(@Param('id', new IdParam('invitation')) id: string): Promise<void> {
    return this.invitations.revoke(id);
  }

  /** Who invites whom, for the holder of the letter's token. */
  @Post('auth/invitation')
  @HttpCode(200)
  @Public()
  @Unaudited('reads, and keeps nothing')
  look(@Body() { token }: InvitationTokenBody): Promise<InvitationFacts> {
    return this.acceptance.look(token);
  }

  /** Joins the tenant and signs in. */
  @Post('auth/invitation/accept')
  @Public()
  @Unaudited('AuditHandler hears tenancy.member-joined and tenancy.signed-in')
  accept(@Body() body: AcceptBody, @Req() request: FastifyRequest): Promise<SignedIn> {
    return this.acceptance.accept(body, { ip: request.ip, device: deviceOf(request) });
  }
}
