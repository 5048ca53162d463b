import { Injectable } from '@nestjs/common';
import { Billing } from '#billing';
import { AppError, dayIn } from '#platform/core';
import { Db } from '#platform/database';
import type { DayOfUse, Overview, Shares, Spread } from '../contract.js';
import type { Metric } from '../counting/counting.service.js';
import { percentile } from '../counting/histogram.js';
import { ProfileService } from '../counting/profile.service.js';
import { dayRange } from './days.js';

/** Metrics of which every single value counts in the sums. */
const SUMMED: Metric[] = ['turns', 'tokens-in', 'tokens-cached', 'tokens-out', 'feedback', 'documents-indexed', 'documents-failed',
  'documents-removed'];
/** Metrics of which it counts how many different ones there were. */
const DISTINCT: Metric[] = ['user', 'conversation'];
const TOP_DOCUMENTS = 10;

interface Cell {
  day: string | null;
  metric: Metric;
  dimension: string;
  value: number;
}

@Injectable()
export class OverviewService {
  constructor(
    private readonly db: Db,
    private readonly profiles: ProfileService,
    private readonly billing: Billing,
  ) {}

  async overview(range: { from?: string; to?: string }): Promise<Overview> {
    const timeZone = await this.profiles.timeZone();
    const { from, to, days } = dayRange(range, dayIn(timeZone, new Date()));
    const sums = await this.sums(from, to);
    const distinct = await this.distinct(from, to);
    const cells = [...sums, ...distinct];
    const whole = sharesOf([...sums, ...distinct.filter(({ day }) => day === null)]);
    const all = totals(sums);
    return {
      from,
      to,
      timeZone,
      ...whole,
      unknownShare: share(whole.unknown, whole.answered + whole.unknown),
      feedbackScore: share(whole.thumbsUp, whole.thumbsUp + whole.thumbsDown),
      latency: await this.spread('latency', from, to),
      firstToken: await this.spread('first-token', from, to),
      tokens: { input: all('tokens-in'), cached: all('tokens-cached'), output: all('tokens-out') },
      cost: await this.cost(from, to),
      topDocuments: await this.topDocuments(from, to),
      documents: { indexed: all('documents-indexed'), failed: all('documents-failed'), removed: all('documents-removed') },
      series: days.map((day) => dayOfUse(day, cells.filter((cell) => cell.day === day))),
    };
  }

  private sums(from: string, to: string): Promise<Cell[]> {
    return this.cells(
      `select to_char(day, 'YYYY-MM-DD') as day, metric, case when metric in ('turns', 'feedback') then dimension else '' end as
      dimension, sum(value)::float8 as value
       from analytics.daily where metric = any($3) and day between $1 and $2 group by 1, 2, 3`,
      [from, to, SUMMED],
    );
  }

  /** Per day, and (day null) over the whole range: somebody who comes every day is one person. */
  private distinct(from: string, to: string): Promise<Cell[]> {
    return this.cells(
      `select to_char(day, 'YYYY-MM-DD') as day, metric, '' as dimension, count(distinct dimension)::float8 as value
       from analytics.daily where metric = any($3) and day between $1 and $2 group by grouping sets ((metric, day), (metric))`,
      [from, to, DISTINCT],
    );
  }

  private cells(sql: string, params: unknown[]): Promise<Cell[]> {
    return this.db.readStale<Cell>(sql, params);
  }

  private async spread(metric: Metric, from: string, to: string): Promise<Spread> {
    const counts = await this.db.readStale<{ bucket: number; count: number }>(
      `select dimension::int as bucket, sum(value)::float8 as count from analytics.daily where metric = $3 and day between $1 and $2 ` +
        `group by 1`,
      [from, to, metric],
    );
    return { medianMs: percentile(counts, 0.5), p95Ms: percentile(counts, 0.95) };
  }

  private topDocuments(from: string, to: string): Promise<Overview['topDocuments']> {
    return this.db.readStale(
      `select cited.id as "documentId", coalesce(document.name, '') as name, cited.citations
       from (select dimension::uuid as id, sum(value)::float8 as citations from analytics.daily
             where metric = 'cited' and day between $1 and $2 group by 1 order by 2 desc, 1 limit $3) cited
       left join analytics.document document on document.id = cited.id
       order by cited.citations desc, cited.id`,
      [from, to, TOP_DOCUMENTS],
    );
  }

  private async cost(from: string, to: string): Promise<Overview['cost']> {
    try {
      const { currency, costMicros } = await this.billing.totals({ from, to });
      return { currency, micros: costMicros };
    } catch (error) {
      if (error instanceof AppError && (error.code === 'unavailable' || error.code === 'deadline')) return null;
      throw error;
    }
  }
}

function dayOfUse(day: string, cells: Cell[]): DayOfUse {
  const all = totals(cells);
  return { day, ...sharesOf(cells), inputTokens: all('tokens-in'), outputTokens: all('tokens-out') };
}

function sharesOf(cells: Cell[]): Shares {
  const all = totals(cells);
  const answered = all('turns', 'answered');
  const unknown = all('turns', 'unknown');
  const questions = all('turns');
  return {
    questions,
    answered,
    unknown,
    broken: questions - answered - unknown,
    conversations: all('conversation'),
    activeUsers: all('user'),
    // A judgement taken back within the range but given before it would count below zero.
    thumbsUp: Math.max(0, all('feedback', 'up')),
    thumbsDown: Math.max(0, all('feedback', 'down')),
  };
}

function totals(cells: Cell[]): (metric: Metric, dimension?: string) => number {
  return (metric, dimension) =>
    cells.reduce((sum, cell) =>
      (cell.metric === metric && (dimension === undefined || cell.dimension === dimension) ? sum + cell.value : sum), 0);
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;
}
