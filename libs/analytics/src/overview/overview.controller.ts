import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsDay } from '#platform/core';
import { Allow } from '#platform/http';
import type { Overview } from '../contract.js';
import { OverviewService } from './overview.service.js';

export class OverviewQuery {
  /** First ISO day, in the tenant's time zone; 30 days up to `to` unless told. */
  @IsOptional() @IsDay()
  from?: string;

  /** Last ISO day, included; today unless told. */
  @IsOptional() @IsDay()
  to?: string;
}

@ApiTags('analytics')
@Controller('v1/analytics')
export class OverviewController {
  constructor(private readonly overviews: OverviewService) {}

  /** Questions, answers, judgements, speed, cost and documents of a range of days. */
  @Get('overview')
  @Allow('analytics.overview.read')
  overview(@Query() range: OverviewQuery): Promise<Overview> {
    return this.overviews.overview(range);
  }
}
