import type { ErrorData } from '#platform/core';
import type { Db } from '#platform/database';
import type { Handler } from '../api/handler-registry.js';
import type { Sealed } from './envelope.js';
import * as sql from './outbox.sql.js';

/** One row of the outbox that a run has in its hands. */
export interface Delivery extends Sealed {
  handler: string;
  kind: Handler['kind'];
  /** Tries so far, this one included; those that ended with their process do not count. */
  attempt: number;
  /** The fence: whoever holds the row next has a higher one. */
  claim: number;
  /** How often its process died or fell silent while it was running or about to. */
  died: number;
}

/** Messages of one tenant for one handler, by their ids: all that a queue carries. */
export interface Batch {
  tenantId: string;
  ids: string[];
}

/** A row on its way to a queue. `version` and `claim` are of the row, `died` says that it is better sent alone. */
export interface Claimed extends Pick<Delivery, 'tenantId' | 'messageId' | 'version' | 'claim' | 'died'> {}

export interface ClaimOptions {
  limit: number;
  /** Known here; all of them unless told. */
  versions?: number[];
  /** Rows of the handler that may be with its queues at once, those that run included. */
  window?: number;
}

/** What a claim brought, and how much it could have. */
export interface Claim {
  rows: Claimed[];
  room: number;
}

/** How one try ended. Of an event that was handled nothing is left to write. */
export type Outcome =
  | { kind: 'done'; result?: string }
  | { kind: 'retry'; delayMs: number; error: ErrorData }
  | { kind: 'dead'; error: ErrorData }
  | { kind: 'released' }
  | { kind: 'lost' };

export interface Ack {
  delivery: Delivery;
  outcome: Outcome;
}

/** What there is to do and when: read at the start, when something is due, and by the sweep. */
export interface QueueSnapshot {
  ready: string[];
  /** Milliseconds until the first delayed row is due. */
  nextDueMs: number | null;
}

/** Longest time from a claim, or a commit, until its rows are in their queue. */
const ON_ITS_WAY_MS = 2_000;
const REASON = 'hands out messages of all tenants';

/** Every statement on one database's outbox that belongs to no tenant, under the kernel's system role. */
export class OutboxStore {
  constructor(readonly db: Db) {}

  /** Ready rows of one handler for its queues, in turns of the tenants after `afterTenant`. See CLAIM. */
  async claim(handler: string, afterTenant: string, options: ClaimOptions): Promise<Claim> {
    const params = [handler, afterTenant, options.limit, options.versions ?? null, options.window ?? null];
    const found = await this.run<Claimed & { room: number }>(sql.CLAIM, params);
    return { rows: found.filter(({ messageId }) => messageId !== null), room: found[0]!.room };
  }

  /** Undefined where it was cancelled, has ended, runs elsewhere, or waits because its tenant is parked. */
  async start({ tenantId, ids }: Batch, handler: string, whileParked: boolean): Promise<Delivery | undefined> {
    const [row] = await this.run<Delivery & { status: string }>(sql.START, [tenantId, ids[0], handler, whileParked]);
    return row?.status === 'running' ? row : undefined;
  }

  readEvents({ tenantId, ids }: Batch, handler: string): Promise<Delivery[]> {
    return this.run(sql.READ_EVENTS, [tenantId, handler, ids]);
  }

  /** Ends rows without a trace. */
  async forget(rows: Delivery[]): Promise<void> {
    if (rows.length > 0) await this.run(sql.FORGET, keys(rows));
  }

  /** Writes many outcomes in one statement for each way to end. A row that another run holds by now is left alone. */
  async settle(acks: Ack[]): Promise<void> {
    const done = acks.filter(({ outcome }) => outcome.kind === 'done');
    const jobs = done.filter(({ delivery }) => delivery.kind === 'job');
    const failed = acks.filter(({ outcome }) => outcome.kind !== 'done' && outcome.kind !== 'lost');
    await this.forget(done.filter(({ delivery }) => delivery.kind === 'cron').map(({ delivery }) => delivery));
    if (jobs.length > 0) {
      const results = jobs.map(({ outcome }) => (outcome as { result?: string }).result ?? null);
      await this.run(sql.FINISH, [...keys(jobs.map(({ delivery }) => delivery)), results]);
    }
    if (failed.length > 0) {
      await this.run(sql.FAIL, [
        ...keys(failed.map(({ delivery }) => delivery)),
        failed.map(({ outcome }) => (outcome.kind === 'retry' ? 'delayed' : outcome.kind === 'dead' ? 'dead' : 'ready')),
        failed.map(({ outcome }) => (outcome.kind === 'retry' ? Math.round(outcome.delayMs) : 0)),
        failed.map(({ outcome }) => ('error' in outcome ? JSON.stringify(outcome.error) : null)),
        failed.map(({ delivery, outcome }) => (outcome.kind === 'released' ? delivery.attempt - 1 : delivery.attempt)),
      ]);
    }
  }

  async release({ tenantId, ids }: Batch, handler: string): Promise<void> {
    await this.run(sql.RELEASE, [tenantId, handler, ids]);
  }

  async progress({ tenantId, messageId, handler, claim }: Delivery, done: number): Promise<void> {
    await this.run(sql.PROGRESS, [tenantId, messageId, handler, claim, done]);
  }

  /** What a process had that died, or was silent: of what runs, for so long. */
  async takeBack({ tenantId, ids }: Batch, handler: string, silentMs = 0): Promise<void> {
    await this.run(sql.TAKE_BACK_THESE, [tenantId, handler, ids, silentMs]);
  }

  /** Says that these runs are still at it. */
  async renew(rows: Delivery[]): Promise<void> {
    if (rows.length > 0) await this.run(sql.RENEW, keys(rows));
  }

  /** All that is under way, but for what still runs here. */
  async takeBackAll(running: string[]): Promise<void> {
    await this.run(sql.TAKE_BACK_ALL, [running]);
  }

  /** What the queues have had for so long that they must have lost it, at once where they are `empty`, and runs without a sign of life. */
  async recover(afterMs: number, empty: string[]): Promise<void> {
    await this.sendAgain(afterMs, empty);
    await this.run(sql.TAKE_BACK_LOST, [afterMs]);
  }

  async sendAgain(afterMs: number, empty: string[] = []): Promise<void> {
    await this.run(sql.SEND_AGAIN, [afterMs, empty, Math.min(afterMs, ON_ITS_WAY_MS)]);
  }

  /** Makes due what is due, and tells what there is to do. */
  async snapshot(): Promise<QueueSnapshot> {
    await this.run(sql.PROMOTE);
    const [row] = await this.run<{ ready: string[] | null; nextDueMs: number | null }>(sql.SNAPSHOT);
    return { ready: row?.ready ?? [], nextDueMs: row?.nextDueMs ?? null };
  }

  /** What tells this database from every other one, in letters and digits. */
  async place(): Promise<string> {
    return (await this.run<{ place: string }>(sql.PLACE))[0]!.place;
  }

  private run<R = Delivery>(text: string, params: unknown[] = []): Promise<R[]> {
    return this.db.systemQuery(REASON, text, params);
  }
}

function keys(rows: Delivery[]): [string[], string[], string[], number[]] {
  return [rows.map((row) => row.tenantId), rows.map((row) => row.messageId), rows.map((row) => row.handler), rows.map((row) => row.claim)];
}
