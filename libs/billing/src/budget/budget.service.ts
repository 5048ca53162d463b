import { Injectable } from '@nestjs/common';
import { AppError, asService, current, logger } from '#platform/core';
import { Cron, type Tick } from '#platform/messaging';
import { Db } from '#platform/database';
import { BillingConfig } from '../billing.config.js';
import type { Billing } from '../contract.js';
import { costMicros, priceOf, toMinor } from '../prices/prices.js';
import { CalendarService } from '../calendar/calendar.service.js';
import { BudgetRow } from './budget.entity.js';
import { HoldRow } from './hold.entity.js';
import { MeterRow } from './meter.entity.js';
import { monthOf, nextMonth } from './month.js';

const MICROS_PER_MINOR = 10_000;

export interface BudgetStatus {
  /** First day of the month the numbers are for, in the tenant's time zone. */
  period: string;
  currency: string;
  /** Minor units a month; null: no limit of cost; 0: all answers are stopped. */
  monthlyLimit: number | null;
  /** Tokens a month; null: no limit of tokens. */
  monthlyTokens: number | null;
  /** Whether the limits are the deployment's default. */
  isDefault: boolean;
  spent: number;
  spentMicros: number;
  spentTokens: number;
  /** Set aside for answers in the making. */
  held: number;
  heldTokens: number;
}

@Injectable()
export class BudgetService {
  private readonly log = logger('billing');

  constructor(
    private readonly db: Db,
    private readonly config: BillingConfig,
    private readonly calendar: CalendarService,
  ) {}

  async authorize(run: Parameters<Billing['authorize']>[0]): Promise<void> {
    const cost = costMicros(priceOf(run.model, this.config.overrides), { inputTokens: run.inputTokens, outputTokens: run.maxOutputTokens });
    const hold = { runId: run.runId, period: await this.period(), cost, tokens: run.inputTokens + run.maxOutputTokens };
    if (await this.hold(hold)) return;
    const { tenantId } = current();
    await this.db.query('insert into billing.meter (tenant_id, period) values ($1, $2) on conflict do nothing', [tenantId, hold.period]);
    if (await this.hold(hold)) return;
    if (await this.db.repo(HoldRow).existsBy({ tenantId, runId: run.runId })) return;
    throw this.refusal(await this.status(), hold);
  }

  /** Gives a hold back and returns whether there was one. Runs inside the caller's unit of work when there is one. */
  async release(runId: string): Promise<boolean> {
    const rows = await this.db.query(
      `with freed as (delete from billing.hold where tenant_id = $1 and run_id = $2 returning period, cost_micros, tokens)
       update billing.meter m
          set held_micros = m.held_micros - f.cost_micros, held_tokens = m.held_tokens - f.tokens, open_holds = m.open_holds - 1
         from freed f where m.tenant_id = $1 and m.period = f.period
       returning m.period`,
      [current().tenantId, runId],
    );
    return rows.length > 0;
  }

  async status(): Promise<BudgetStatus> {
    const { tenantId } = current();
    const period = await this.period();
    const meter = await this.db.repo(MeterRow).findOneBy({ tenantId, period });
    const budget = await this.db.repo(BudgetRow).findOneBy({ tenantId });
    const spentMicros = Number(meter?.spentMicros ?? 0);
    return {
      period,
      currency: this.config.currency,
      monthlyLimit: budget ? numberOrNull(budget.monthlyLimit) : this.config.monthlyBudget,
      monthlyTokens: budget ? numberOrNull(budget.monthlyTokens) : null,
      isDefault: !budget,
      spent: toMinor(spentMicros),
      spentMicros,
      spentTokens: Number(meter?.spentTokens ?? 0),
      held: toMinor(Number(meter?.heldMicros ?? 0)),
      heldTokens: Number(meter?.heldTokens ?? 0),
    };
  }

  async set(limits: { monthlyLimit: number | null; monthlyTokens: number | null }): Promise<BudgetStatus> {
    await this.db.query(
      `insert into billing.budget (tenant_id, monthly_limit, monthly_tokens, updated_at) values ($1, $2, $3, now())
       on conflict (tenant_id) do update
         set monthly_limit = excluded.monthly_limit, monthly_tokens = excluded.monthly_tokens, updated_at = now()`,
      [current().tenantId, limits.monthlyLimit, limits.monthlyTokens],
    );
    return this.status();
  }

  /** Holds whose run never reported (its process and every retry of its report are gone) stop blocking the budget. */
  @Cron('billing.release-expired-holds', '*/5 * * * *')
  async releaseExpired({ time }: Pick<Tick, 'time'>): Promise<void> {
    const expired = await this.db.systemQuery<{ tenant_id: string; run_id: string }>(
      'release expired holds', 'select tenant_id, run_id from billing.hold where expires_at < $1 limit 1000', [time],
    );
    for (const { tenant_id: tenantId, run_id: runId } of expired) {
      await asService(tenantId, runId, () => this.release(runId));
    }
    if (expired.length > 0) this.log.warn({ holds: expired.length }, 'gave back holds of runs that never reported their end');
  }

  /**
   * Check and hold in one statement. The counters stand in the row that is updated, so Postgres looks at them again after it waited for a
   * concurrent hold's lock: two runs can never both take the last cent. A sum over hold rows would be read before the wait.
   */
  private async hold({ runId, period, cost, tokens }: { runId: string; period: string; cost: number; tokens: number }): Promise<boolean> {
    const { monthlyBudget, maxOpenRuns, holdMinutes } = this.config;
    const rows = await this.db.query(
      `with admitted as (
         update billing.meter m
            set held_micros = m.held_micros + $4, held_tokens = m.held_tokens + $5, open_holds = m.open_holds + 1
           from (select count(*) as rows, max(monthly_limit) * ${MICROS_PER_MINOR} as micros, max(monthly_tokens) as tokens
                   from billing.budget where tenant_id = $1) own,
                lateral (select case when own.rows = 0 then $6::bigint else own.micros end as micros, own.tokens) cap
          where m.tenant_id = $1 and m.period = $2
            and m.open_holds < $7
            and (cap.micros is null or (cap.micros > 0 and m.spent_micros + m.held_micros + $4 <= cap.micros))
            and (cap.tokens is null or (cap.tokens > 0 and m.spent_tokens + m.held_tokens + $5 <= cap.tokens))
            and not exists (select 1 from billing.hold where tenant_id = $1 and run_id = $3)
         returning m.period)
       insert into billing.hold (tenant_id, run_id, period, cost_micros, tokens, expires_at)
       select $1, $3, a.period, $4, $5, now() + $8 * interval '1 minute' from admitted a
       returning run_id`,
      [current().tenantId, period, runId, cost, tokens, monthlyBudget * MICROS_PER_MINOR, maxOpenRuns, holdMinutes],
    );
    return rows.length > 0;
  }

  private async period(): Promise<string> {
    return monthOf(await this.calendar.day());
  }

  private refusal(status: BudgetStatus, { cost, tokens }: { cost: number; tokens: number }): AppError {
    const { monthlyLimit, monthlyTokens, spentMicros, spentTokens, heldTokens, currency, period } = status;
    const micros = spentMicros + status.held * MICROS_PER_MINOR + cost;
    const overCost = monthlyLimit !== null && (monthlyLimit === 0 || micros > monthlyLimit * MICROS_PER_MINOR);
    const overTokens = monthlyTokens !== null && (monthlyTokens === 0 || spentTokens + heldTokens + tokens > monthlyTokens);
    if (!overCost && !overTokens) {
      return new AppError(
        'rate-limited', 'billing.too-many-runs',
        `${this.config.maxOpenRuns} answers are in the making for this tenant, which is its limit, so this one was not started. Ask ` +
          `again in a `
          + 'few seconds.',
        { retryAfterSeconds: 5 },
      );
    }
    const limit = overCost ? `${monthlyLimit} ${currency} minor units` : `${monthlyTokens} tokens`;
    const needs = overCost ? `${toMinor(cost)} ${currency} minor units` : `${tokens} tokens`;
    return new AppError(
      'payment-required',
      'billing.budget-exhausted',
      `This request may take up to ${needs} and could pass the tenant's monthly budget of ${limit}, so it was not started and nothing ` +
        `was spent. An admin can raise it with PUT /v1/budget, or wait until ${nextMonth(period)}.`,
      { period, currency, monthlyLimit, monthlyTokens, spent: status.spent, spentTokens },
    );
  }
}

function numberOrNull(text: string | null): number | null {
  return text === null ? null : Number(text);
}
