import { Injectable } from '@nestjs/common';
import { AppError, current } from '#platform/core';
import { Db } from '#platform/database';
import { BillingConfig } from '../billing.config.js';
import { BudgetService } from '../budget/budget.service.js';
import { monthOf } from '../budget/month.js';
import type { Billing, Charge } from '../contract.js';
import { costMicros, priceOf, toMinor } from '../prices/prices.js';
import { ChargeRow } from './charge.entity.js';

export type UsageGroup = 'day' | 'model' | 'user';

interface UsageSums {
  runs: number;
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  costMicros: number;
  /** Integer minor units (cents) of the currency. */
  cost: number;
}

export interface UsageReport {
  from: string;
  to: string;
  currency: string;
  groupBy: UsageGroup;
  total: UsageSums;
  items: ({ key: string } & UsageSums)[];
}

const GROUP_KEY: Record<UsageGroup, string> = {
  day: "to_char(created_at at time zone 'UTC', 'YYYY-MM-DD')",
  model: 'model',
  user: 'user_id::text',
};

const LONGEST_DAYS = 400;

@Injectable()
export class UsageService {
  constructor(
    private readonly db: Db,
    private readonly config: BillingConfig,
    private readonly budget: BudgetService,
  ) {}

  async settle(run: Parameters<Billing['settle']>[0]): Promise<Charge> {
    const { tenantId } = current();
    const price = priceOf(run.model, this.config.overrides);
    const cost = costMicros(price, run);
    return this.db.tx(async () => {
      const charges = this.db.repo(ChargeRow);
      const inserted = await this.db.query(
        `insert into billing.charge (tenant_id, run_id, user_id, model, currency, cost_micros, input_tokens, cached_tokens, output_tokens)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning run_id`,
        [tenantId, run.runId, run.userId, run.model, price.currency, cost, run.inputTokens, run.cachedTokens ?? 0, run.outputTokens],
      );
      if (inserted.length > 0) {
        await this.budget.release(run.runId);
        await this.db.query(
          `insert into billing.meter as m (tenant_id, period, spent_micros, spent_tokens) values ($1, $2, $3, $4)
           on conflict (tenant_id, period) do update
             set spent_micros = m.spent_micros + excluded.spent_micros, spent_tokens = m.spent_tokens + excluded.spent_tokens`,
          [tenantId, monthOf(new Date()), cost, run.inputTokens + run.outputTokens],
        );
      }
      return toCharge(await charges.findOneByOrFail({ tenantId, runId: run.runId }));
    });
  }

  async report(from: string, to: string, groupBy: UsageGroup): Promise<UsageReport> {
    const days = (Date.parse(to) - Date.parse(from)) / 86_400_000;
    if (!(days >= 0 && days <= LONGEST_DAYS)) {
      const text = `from and to must be ISO days (2026-01-31), from not after to, at most ${LONGEST_DAYS} days apart.`;
      throw new AppError('invalid', 'billing.bad-range', text);
    }
    const rows = await this.db.readStale<Record<string, string>>(
      `select ${GROUP_KEY[groupBy]} as key, count(*) as runs, sum(input_tokens) as input, sum(cached_tokens) as cached,
              sum(output_tokens) as output, sum(cost_micros) as cost
         from billing.charge
        where tenant_id = $1
          and created_at >= ($2::date)::timestamp at time zone 'UTC' and created_at < ($3::date + 1)::timestamp at time zone 'UTC'
        group by 1 order by 1`,
      [current().tenantId, from, to],
    );
    const items = rows.map((row) => ({ key: row['key']!, ...sums(row) }));
    return { from, to, currency: this.config.currency, groupBy, total: add(items), items };
  }
}

function sums(row: Record<string, string>): UsageSums {
  const micros = Number(row['cost']);
  return {
    runs: Number(row['runs']),
    inputTokens: Number(row['input']),
    cachedTokens: Number(row['cached']),
    outputTokens: Number(row['output']),
    costMicros: micros,
    cost: toMinor(micros),
  };
}

function add(items: UsageSums[]): UsageSums {
  const total = { runs: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0, costMicros: 0, cost: 0 };
  for (const item of items) {
    total.runs += item.runs;
    total.inputTokens += item.inputTokens;
    total.cachedTokens += item.cachedTokens;
    total.outputTokens += item.outputTokens;
    total.costMicros += item.costMicros;
  }
  return { ...total, cost: toMinor(total.costMicros) };
}

function toCharge(row: ChargeRow): Charge {
  const { runId, model, currency, inputTokens, outputTokens } = row;
  return { runId, model, currency, inputTokens, outputTokens, costMicros: Number(row.costMicros) };
}
