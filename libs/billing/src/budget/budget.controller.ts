import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsInt, Max, Min, ValidateIf } from 'class-validator';
import { Allow } from '#platform/http';
import { Audited } from '#platform/privacy';
import { BudgetService, type BudgetStatus } from './budget.service.js';

export class BudgetLimits {
  /** Minor units (cents) a month; 0 stops all answers; null takes the limit away. */
  @ValidateIf((limits: BudgetLimits) => limits.monthlyLimit !== null)
  @IsInt() @Min(0) @Max(1_000_000_000)
  monthlyLimit: number | null;

  /** Tokens a month, in and out; 0 stops all answers; null or absent: no limit of tokens. */
  @ValidateIf((limits: BudgetLimits) => limits.monthlyTokens !== null && limits.monthlyTokens !== undefined)
  @IsInt() @Min(0) @Max(1_000_000_000_000)
  monthlyTokens?: number | null;
}

@ApiTags('billing')
@Controller('v1/budget')
export class BudgetController {
  constructor(private readonly budget: BudgetService) {}

  @Get()
  @Allow('billing.budget.read')
  status(): Promise<BudgetStatus> {
    return this.budget.status();
  }

  @Put()
  @Allow('billing.budget.write')
  @Audited('billing.budget.set', { detail: (_status: BudgetStatus, [limits]: [BudgetLimits]) => ({ ...limits }) })
  set(@Body() limits: BudgetLimits): Promise<BudgetStatus> {
    return this.budget.set({ monthlyLimit: limits.monthlyLimit, monthlyTokens: limits.monthlyTokens ?? null });
  }
}
