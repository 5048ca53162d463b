import { Body, Controller, Get, HttpCode, Param, Post, Put, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { IsMailbox } from '../../organisation/email/address.js';
import type { FastifyRequest } from 'fastify';
import { IsMoment } from '#platform/core';
import { Allow, currentPrincipal, IdParam, Public } from '#platform/http';
import { type Page, PageQuery } from '#platform/database';
import { Unaudited } from '#platform/privacy';
import type { Tenant } from '../../contract.js';
import { AdmissionService } from './admission.service.js';
import { type OperatorSession, OperatorSessions, type OperatorToken } from './operator-session.service.js';

export class OperatorSignInBody {
  @IsMailbox()
  email: string;

  @IsString() @Length(1, 1_024)
  password: string;

  /** Six digits of the authenticator, or a recovery code; asked for once one is set up. */
  @IsOptional() @IsString() @Length(6, 20)
  code?: string;
}

export class SuspensionBody {
  /** For the tenant's audit log. */
  @IsString() @Length(3, 500)
  reason: string;
}

export class PlanBody {
  @IsString() @Length(1, 41)
  plan: string;

  /** ISO 8601; the plan falls back to `free` then. */
  @IsOptional() @IsMoment()
  trialEndsAt?: string;
}

export class AdmissionBody {
  /** Why you have to read this tenant's data; its people see it. */
  @IsString() @Length(10, 500)
  reason: string;

  /** How long, at most four hours. */
  @IsInt() @Min(1) @Max(240)
  minutes: number;

  /** Six digits of the authenticator, or a recovery code: each time anew, whatever the sign-in was given. */
  @IsString() @Length(6, 20)
  code: string;
}

/** For those who run the deployment. No permission of a tenant opens any of it. */
@ApiTags('operators')
@Controller('v1/operator')
export class OperatorController {
  constructor(
    private readonly sessions: OperatorSessions,
    private readonly admissions: AdmissionService,
  ) {}

  /**
   * For operators, whom `npm run atoll -- operator add` makes. The token lives 8 hours; until a second factor is set up it may do nothing
   * else.
   */
  @Post('sign-in')
  @HttpCode(200)
  @Public()
  @Unaudited('an operator is in no tenant, and what they do in one stands in its log')
  signIn(@Body() body: OperatorSignInBody, @Req() { ip }: FastifyRequest): Promise<OperatorSession> {
    return this.sessions.signIn(body, ip);
  }

  @Post('sign-out')
  @HttpCode(204)
  @Allow('operator.session.write')
  @Unaudited('an operator is in no tenant')
  signOut(): Promise<void> {
    return this.sessions.signOut(currentPrincipal().credentialId);
  }

  /** All tenants, suspended ones too, in the order of their making. */
  @Get('tenants')
  @Allow('operator.tenants.read')
  list(@Query() page: PageQuery): Promise<Page<Tenant>> {
    return this.admissions.tenantsAfter(page);
  }

  @Get('tenants/:id')
  @Allow('operator.tenants.read')
  get(@Param('id', new IdParam('tenant')) id: string): Promise<Tenant> {
    return this.admissions.tenant(id);
  }

  /** Shuts a tenant within 5 seconds. */
  @Post('tenants/:id/suspend')
  @HttpCode(200)
  @Allow('operator.tenants.write')
  @Unaudited('LifeCycleService.suspend audits it, in the tenant')
  suspend(@Param('id', new IdParam('tenant')) id: string, @Body() { reason }: SuspensionBody): Promise<Tenant> {
    return this.admissions.suspend(id, reason);
  }

  @Post('tenants/:id/resume')
  @HttpCode(200)
  @Allow('operator.tenants.write')
  @Unaudited('LifeCycleService.resume audits it, in the tenant')
  resume(@Param('id', new IdParam('tenant')) id: string): Promise<Tenant> {
    return this.admissions.resume(id);
  }

  @Put('tenants/:id/plan')
  @Allow('operator.tenants.write')
  @Unaudited('LifeCycleService.choosePlan audits it, in the tenant')
  choosePlan(@Param('id', new IdParam('tenant')) id: string, @Body() { plan, trialEndsAt }: PlanBody): Promise<Tenant> {
    return this.admissions.choosePlan(id, plan, trialEndsAt);
  }

  /**
   * A token that may read this tenant for some minutes and change nothing. The tenant's audit log says who, why and how long; its people
   * can end it.
   */
  @Post('tenants/:id/admissions')
  @Allow('operator.admissions.write')
  @Unaudited('AdmissionService.open audits it, in the tenant')
  admit(@Param('id', new IdParam('tenant')) id: string, @Body() { reason, minutes, code }: AdmissionBody,
    @Req() { ip }: FastifyRequest): Promise<OperatorToken> {
    return this.admissions.admit(id, { reason, minutes }, { code, ip });
  }
}
