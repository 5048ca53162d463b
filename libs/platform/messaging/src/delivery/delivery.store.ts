import type { Db } from '#platform/database';
import type { ErrorData } from '#platform/core';
import type { Sealed } from './envelope.js';
import type { Handler } from './registry.js';
import * as sql from './delivery.sql.js';

/** One claimed row: ours until its lease passes. */
export interface Delivery extends Sealed {
  handler: string;
  context: string;
  kind: Handler['kind'];
  /** Tries so far, this one included; those that ended with their process do not count. */
  attempt: number;
  /** The fence: whoever claims it next has a higher one. */
  claim: number;
  /** How often its process died or fell silent while it was running or about to. */
  died: number;
}

/** What one claim brought: `visited` tenants had something ready, and each was given up to `share` of the places. */
export interface Claim {
  rows: Delivery[];
  share: number;
  visited: number;
}

/** How one delivery ended. */
export type Outcome =
  | { kind: 'done'; result?: string }
  | { kind: 'retry'; delayMs: number; error: ErrorData }
  | { kind: 'dead'; error: ErrorData }
  | { kind: 'handed-back' }
  | { kind: 'lost' };

export interface Settled {
  delivery: Delivery;
  outcome: Outcome;
}

/** What there is to do and when: read after every wake-up that nobody's signal explains. */
export interface Outlook {
  ready: string[];
  /** Milliseconds until the first delayed row is due. */
  nextDueMs: number | null;
}

const REASON = 'hands out messages of all tenants';

/** Every statement of the dispatcher on `kernel.delivery`, under the kernel's system role. */
export class DeliveryStore {
  constructor(
    private readonly db: Db,
    /** This process, for as long as it lives. */
    readonly lease: string,
    private readonly leaseMs: number,
  ) {}

  /**
   * Up to `limit` ready rows of one handler, taking turns among the tenants that come after `afterTenant`: one tenant's ten thousand
   * rows weigh as much as another's one. Rows that another process is just taking are stepped over.
   */
  async claim(handler: Handler, limit: number, afterTenant: string): Promise<Claim> {
    const rows = await this.run<Delivery & Omit<Claim, 'rows'>>(sql.CLAIM, [handler.name, afterTenant, limit, this.lease, this.leaseMs, [...handler.runs.keys()]]);
    return { rows, share: rows[0]?.share ?? 0, visited: rows[0]?.visited ?? 0 };
  }

  /** Ends many deliveries in one statement for each way to end. A row that is no longer ours is left alone. */
  async settle(settled: Settled[]): Promise<void> {
    const done = settled.filter(({ outcome }) => outcome.kind === 'done');
    const failed = settled.filter(({ outcome }) => outcome.kind !== 'done' && outcome.kind !== 'lost');
    const jobs = done.filter(({ delivery }) => delivery.kind === 'job');
    const events = done.filter(({ delivery }) => delivery.kind === 'event');
    const ticks = done.filter(({ delivery }) => delivery.kind === 'cron');
    if (events.length > 0) await this.run(sql.FORGET_EVENTS, [this.lease, ...keys(events)]);
    if (ticks.length > 0) await this.run(sql.FORGET_TICKS, [this.lease, ...keys(ticks)]);
    if (jobs.length > 0) {
      await this.run(sql.FINISH, [this.lease, ...keys(jobs), jobs.map(({ outcome }) => (outcome as { result?: string }).result ?? null)]);
    }
    if (failed.length > 0) {
      await this.run(sql.FAIL, [
        this.lease,
        ...keys(failed),
        failed.map(({ outcome }) => (outcome.kind === 'retry' ? 'delayed' : outcome.kind === 'dead' ? 'dead' : 'ready')),
        failed.map(({ outcome }) => (outcome.kind === 'retry' ? Math.round(outcome.delayMs) : 0)),
        failed.map(({ outcome }) => ('error' in outcome ? JSON.stringify(outcome.error) : null)),
      ]);
    }
  }

  /** Keeps what is running ours; returns the keys that still are. */
  async heartbeat(): Promise<Set<string>> {
    const rows = await this.run<Pick<Delivery, 'messageId' | 'handler' | 'claim'>>(sql.HEARTBEAT, [this.lease, this.leaseMs]);
    return new Set(rows.map(runningKey));
  }

  /** Makes due what is due, takes back what a silent process was running, and tells what there is to do. */
  async outlook(handlers: string[]): Promise<Outlook> {
    await this.run(sql.PROMOTE);
    await this.run(sql.TAKE_BACK);
    const [row] = await this.run<{ ready: string[] | null; nextDueMs: number | null }>(sql.OUTLOOK, [handlers]);
    return { ready: row?.ready ?? [], nextDueMs: row?.nextDueMs ?? null };
  }

  /** The embedded database has one process at a time: whatever is marked running when it opens was cut off. */
  async takeBackAll(): Promise<void> {
    await this.run(sql.TAKE_BACK_ALL);
  }

  async progress(delivery: Delivery, done: number): Promise<void> {
    await this.run(sql.PROGRESS, [this.lease, delivery.tenantId, delivery.messageId, delivery.handler, delivery.claim, done]);
  }

  private run<R = Delivery>(text: string, params: unknown[] = []): Promise<R[]> {
    return this.db.system(REASON, () => this.db.query<R>(text, params));
  }
}

export function runningKey({ messageId, handler, claim }: Pick<Delivery, 'messageId' | 'handler' | 'claim'>): string {
  return `${messageId} ${handler} ${claim}`;
}

function keys(settled: Settled[]): [string[], string[], string[], number[]] {
  const rows = settled.map(({ delivery }) => delivery);
  return [rows.map((row) => row.tenantId), rows.map((row) => row.messageId), rows.map((row) => row.handler), rows.map((row) => row.claim)];
}
