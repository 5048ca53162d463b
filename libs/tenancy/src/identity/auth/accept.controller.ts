import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsOptional, IsString, Length } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Public } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { AcceptService, type InvitationFacts } from './accept.service.js';
import { EmailTokenBody } from './auth.bodies.js';
import { callerOf } from '../session/caller.js';
import type { SignedIn } from './sign-in.service.js';

export class AcceptBody extends EmailTokenBody {
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
@Controller('v1/auth/invitation')
export class AcceptController {
  constructor(private readonly acceptance: AcceptService) {}

  /** Who invites whom, for the holder of the e-mail's token. */
  @Post()
  @HttpCode(200)
  @Public()
  @Unaudited('reads, and keeps nothing')
  look(@Body() { token }: EmailTokenBody): Promise<InvitationFacts> {
    return this.acceptance.look(token);
  }

  /** Joins the tenant and signs in. */
  @Post('accept')
  @Public()
  @Unaudited('AuditHandler hears tenancy.member-joined and tenancy.signed-in')
  accept(@Body() body: AcceptBody, @Req() request: FastifyRequest): Promise<SignedIn> {
    return this.acceptance.accept(body, callerOf(request));
  }
}
