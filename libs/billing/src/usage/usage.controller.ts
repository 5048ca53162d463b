import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsDay } from '#platform/core';
import { Allow } from '#platform/http';
import { monthOf } from '../budget/month.js';
import { type UsageGroup, type UsageReport, UsageService } from './usage.service.js';

export class UsageQuery {
  /** First day (UTC); the first of this month without it. */
  @IsOptional() @IsDay()
  from?: string;

  /** Last day (UTC), inclusive; today without it. */
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
    const now = new Date();
    return this.usage.report(query.from ?? monthOf(now), query.to ?? now.toISOString().slice(0, 10), query.groupBy ?? 'day');
  }
}
