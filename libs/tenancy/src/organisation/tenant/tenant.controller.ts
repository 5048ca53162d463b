import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { Allow } from '#platform/http';
import { Audited } from '#platform/privacy';
import type { Tenant } from '../../contract.js';
import { LifeCycleService } from './life-cycle.service.js';
import { TenantService } from './tenant.service.js';

/** Plan, status and trial are the operator's, and none of this. */
export class TenantChange {
  @IsOptional() @IsString() @MaxLength(200)
  name?: string;

  /** A language tag such as `de-AT`. */
  @IsOptional() @IsString() @MaxLength(100)
  locale?: string;

  /** An IANA name such as `Europe/Vienna`: days and months of reports and schedules are this zone's. */
  @IsOptional() @IsString() @MaxLength(100)
  timeZone?: string;
}

@ApiTags('tenant')
@Controller('v1/tenant')
export class TenantController {
  constructor(
    private readonly tenants: TenantService,
    private readonly lifeCycle: LifeCycleService,
  ) {}

  /** The tenant you are signed in to. */
  @Get()
  @Allow('tenancy.tenant.read')
  get(): Promise<Tenant> {
    return this.tenants.current();
  }

  @Patch()
  @Allow('tenancy.tenant.write')
  @Audited('tenancy.tenant.changed', { target: () => null, detail: ({ name, locale, timeZone }: Tenant) => ({ name, locale, timeZone }) })
  async change(@Body() change: TenantChange): Promise<Tenant> {
    await this.lifeCycle.change(change);
    return this.tenants.current();
  }
}
