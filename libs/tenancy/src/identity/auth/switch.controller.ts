import { Body, Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsUUID } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Allow } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { currentSession } from '../session/current-session.js';
import { callerOf } from '../session/caller.js';
import type { SignedIn } from './sign-in.service.js';
import { SwitchService, type TenantChoice } from './switch.service.js';

export class SwitchBody {
  @IsUUID()
  tenantId: string;
}

@ApiTags('me')
@Controller('v1')
export class SwitchController {
  constructor(private readonly tenants: SwitchService) {}

  /** The tenants you may enter. Only you see this list: no tenant knows of another. */
  @Get('me/tenants')
  @Allow()
  async list(): Promise<{ items: TenantChoice[] }> {
    return { items: await this.tenants.list(currentSession()) };
  }

  /** Signs you in to another of your tenants as well: a new session with tokens of its own. The present one goes on. */
  @Post('auth/switch')
  @HttpCode(200)
  @Allow()
  @Unaudited('AuditHandler hears tenancy.signed-in')
  enter(@Body() { tenantId }: SwitchBody, @Req() request: FastifyRequest): Promise<SignedIn> {
    return this.tenants.enter(currentSession(), tenantId, callerOf(request).device);
  }
}
