import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { Allow } from '#platform/http';
import { type UsageGroup, type UsageReport, UsageService } from './usage.service.js';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

export class UsageQuery {
  /** First day, in the tenant's time zone; the first of this month without it. */
  @IsOptional() @Matches(DAY, { message: 'from must be a day like 2026-01-31' })
  from?: string;

  /** Last day, inclusive; today without it. */
  @IsOptional() @Matches(DAY, { message: 'to must be a day like 2026-01-31' })
  to?: string;

  @IsOptional() @IsIn(['day', 'model', 'user'])
  groupBy?: UsageGroup;
}

@ApiTags('billing')
@Controller('v1/usage')
export class UsageController {
  constructor(private readonly usage: UsageService) {}

  @Get()
  @Allow('billing.usage.read')
  report(@Query() query: UsageQuery): Promise<UsageReport> {
    return this.usage.report(query.from, query.to, query.groupBy ?? 'day');
  }
}
