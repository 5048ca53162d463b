import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import type { Received } from '#platform/messaging';
import { current } from '#platform/core';
import { ProfileService } from './profile.service.js';

/**
 * Adds `by` to what is counted as `metric`, split by `dimension` (an outcome, a model, a person, a bucket; '' where there is nothing to
 * split by).
 */
export interface Count {
  metric: Metric;
  dimension: string;
  by: number;
}

export type Metric =
  | 'turns'
  | 'latency'
  | 'first-token'
  | 'tokens-in'
  | 'tokens-cached'
  | 'tokens-out'
  | 'conversation'
  | 'user'
  | 'cited'
  | 'feedback'
  | 'documents-indexed'
  | 'documents-failed'
  | 'documents-removed';

/**
 * Writes an event and what it adds to its day in one statement, inside the handler's transaction: counted exactly once. The day is
 * the tenant's own at that moment; a time zone that changes later does not move what was counted. Rows are touched in one order, so
 * that handlers of the same tenant wait for each other instead of dead-locking.
 */
@Injectable()
export class CountingService {
  constructor(
    private readonly db: Db,
    private readonly profiles: ProfileService,
  ) {}

  async add(event: Received<object>, counts: Count[]): Promise<void> {
    const sorted = summed(counts).filter(({ by }) => by !== 0)
      .sort((a, b) => compare(`${a.metric} ${a.dimension}`, `${b.metric} ${b.dimension}`));
    await this.db.query(
      `with fact as (
         insert into analytics.event (tenant_id, id, name, at, data) values ($1, $2, $3, $4, $5))
       insert into analytics.daily as daily (tenant_id, metric, day, dimension, value)
       select $1, given.metric, $6, given.dimension, given.value
       from unnest($7::text[], $8::text[], $9::bigint[]) as given (metric, dimension, value)
       on conflict (tenant_id, metric, day, dimension) do update set value = daily.value + excluded.value`,
      [
        current().tenantId, event.id, event.name, event.time, JSON.stringify(event.data), await this.profiles.dayOf(event.time),
        sorted.map(({ metric }) => metric), sorted.map(({ dimension }) => dimension), sorted.map(({ by }) => by),
      ],
    );
  }
}

/**
 * One count for each metric and dimension: a statement may touch a row only once. A judgement whose comment alone changed adds up to
 * nothing.
 */
function summed(counts: Count[]): Count[] {
  const sums = new Map<string, Count>();
  for (const count of counts) {
    const key = `${count.metric} ${count.dimension}`;
    sums.set(key, { ...count, by: count.by + (sums.get(key)?.by ?? 0) });
  }
  return [...sums.values()];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
