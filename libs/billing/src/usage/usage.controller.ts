import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsDay } from '#platform/core';
import { Allow } from '#platform/http';
import { type UsageGroup, type UsageReport, UsageService } from './usage.service.js';

export class UsageQuery {
  /** First day, in the tenant's time zone; the first of this month without it. */
  @IsOptional() @IsDay()
  from?: string;

  /** Last day, inclusive; today without it. */
  @IsOptional() @IsDay()
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
