import { Injectable } from '@nestjs/common';
import { AppError, current } from '#platform/core';
import { Db } from '#platform/database';
import { BillingConfig } from '../billing.config.js';
import { CalendarService } from '../calendar/calendar.service.js';
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
  day: "to_char(day, 'YYYY-MM-DD')",
  model: 'model',
  user: 'user_id::text',
};

const LONGEST_DAYS = 400;
const MOST_TOKENS = 2_147_483_647;

@Injectable()
export class UsageService {
  constructor(
    private readonly db: Db,
    private readonly config: BillingConfig,
    private readonly budget: BudgetService,
    private readonly calendar: CalendarService,
  ) {}

  async settle({ at, ...told }: Parameters<Billing['settle']>[0]): Promise<Charge> {
    const { tenantId } = current();
    const run = { ...told, ...counted(told) };
    const price = priceOf(run.model, this.config.overrides);
    const cost = costMicros(price, run);
    const day = await this.calendar.day(at === undefined ? undefined : new Date(at));
    return this.db.tx(async () => {
      const charges = this.db.repo(ChargeRow);
      const inserted = await this.db.query(
        `insert into billing.charge (tenant_id, run_id, user_id, model, currency, cost_micros, input_tokens, cached_tokens, output_tokens,
                                     day)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing returning run_id`,
        [tenantId, run.runId, run.userId, run.model, price.currency, cost, run.inputTokens, run.cachedTokens, run.outputTokens, day],
      );
      if (inserted.length > 0) {
        await this.budget.release(run.runId);
        await this.db.query(
          `insert into billing.meter as m (tenant_id, period, spent_micros, spent_tokens) values ($1, $2, $3, $4)
           on conflict (tenant_id, period) do update
             set spent_micros = m.spent_micros + excluded.spent_micros, spent_tokens = m.spent_tokens + excluded.spent_tokens`,
          [tenantId, monthOf(day), cost, run.inputTokens + run.outputTokens],
        );
      }
      return toCharge(await charges.findOneByOrFail({ tenantId, runId: run.runId }));
    });
  }

  /** From the first of this month to today, unless told. */
  async report(first: string | undefined, last: string | undefined, groupBy: UsageGroup): Promise<UsageReport> {
    const today = await this.calendar.day();
    const [from, to] = [first ?? monthOf(today), last ?? today];
    const days = (Date.parse(to) - Date.parse(from)) / 86_400_000;
    if (!isDay(from) || !isDay(to) || !(days >= 0 && days <= LONGEST_DAYS)) {
      const text = `from and to must be ISO days (2026-01-31), from not after to, at most ${LONGEST_DAYS} days apart.`;
      throw new AppError('invalid', 'billing.bad-range', text);
    }
    const rows = await this.db.readStale<Record<string, string>>(
      `select ${GROUP_KEY[groupBy]} as key, count(*) as runs, sum(input_tokens) as input, sum(cached_tokens) as cached,
              sum(output_tokens) as output, sum(cost_micros) as cost
         from billing.charge
        where tenant_id = $1
          and day between $2 and $3
        group by 1 order by 1`,
      [current().tenantId, from, to],
    );
    const items = rows.map((row) => ({ key: row['key']!, ...sums(row) }));
    return { from, to, currency: this.config.currency, groupBy, total: add(items), items };
  }
}

function isDay(text: string): boolean {
  const at = Date.parse(text);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
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

/** Whole tokens that a column holds: a broken count must not lose a charge. */
function counted({ inputTokens, outputTokens, cachedTokens = 0 }: { inputTokens: number; outputTokens: number; cachedTokens?: number }) {
  const whole = (count: number): number => (count > 0 ? Math.min(Math.ceil(count), MOST_TOKENS) : 0);
  const input = whole(inputTokens);
  return { inputTokens: input, outputTokens: whole(outputTokens), cachedTokens: Math.min(whole(cachedTokens), input) };
}

function toCharge(row: ChargeRow): Charge {
  const { runId, model, currency, inputTokens, outputTokens } = row;
  return { runId, model, currency, inputTokens, outputTokens, costMicros: Number(row.costMicros) };
}
