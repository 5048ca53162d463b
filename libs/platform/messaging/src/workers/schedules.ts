import { CronExpressionParser } from 'cron-parser';
import { AppError, logger, newId, type Secrets } from '#platform/core';
import type { Db } from '#platform/database';
import { SYSTEM_TENANT, seal } from '../outbox/envelope.js';
import type { Handler } from '../api/handler-registry.js';
import { type LocalEmitter, messagesCommitted } from '../outbox/local-emitter.js';

/** A schedule keeps its next time over restarts unless its pattern changed: that is how a missed tick is noticed. */
const REMEMBER = `
  insert into kernel.schedule as s (name, context, pattern, time_zone, next_at) values ($1, $2, $3, $4, $5)
  on conflict (name) do update set context = excluded.context, pattern = excluded.pattern, time_zone = excluded.time_zone,
    next_at = case when (s.pattern, s.time_zone) = (excluded.pattern, excluded.time_zone) then s.next_at else excluded.next_at end
  returning next_at as "nextAt"`;

/**
 * $2 the tick, $3 the one after it. Of any number of processes exactly one finds the tick still there, and its run is born in the same
 * statement.
 */
const TICK = `
  with mine as (
    update kernel.schedule set next_at = $3 where name = $1 and next_at = $2 returning name, context
  )
  insert into kernel.delivery (tenant_id, message_id, handler, context, kind, name, version, body, signature, status)
  select $4::uuid, $5::uuid, name, context, 'cron', name, 1, $6, $7, 'ready' from mine returning true`;

const NEXT = `select next_at as "nextAt" from kernel.schedule where name = $1`;

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const AGAIN_MS = 5_000;

const log = logger('kernel');

/** Turns the ticks of this process's schedules into deliveries. Times are this machine's clock; the database decides who was first. */
export class Schedules {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private closed = false;

  constructor(
    private readonly db: Db,
    private readonly secrets: Secrets,
    private readonly emitter: LocalEmitter,
  ) {}

  async start(handlers: Handler[]): Promise<void> {
    for (const handler of handlers) {
      if (!handler.cron) continue;
      const { pattern, timeZone } = handler.cron;
      const [row] = await this.system(REMEMBER, [handler.name, handler.context, pattern, timeZone, nextTick(handler, new Date())]);
      this.arm(handler, row!.nextAt);
    }
  }

  stop(): void {
    this.closed = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private arm(handler: Handler, at: Date): void {
    if (this.closed) return;
    const pause = at.getTime() - Date.now();
    const timer = pause > LONGEST_TIMER_MS ? setTimeout(() => this.arm(handler, at), LONGEST_TIMER_MS)
      : setTimeout(() => void this.tick(handler, at), Math.max(0, pause));
    this.timers.set(handler.name, timer.unref());
  }

  private async tick(handler: Handler, at: Date): Promise<void> {
    // A timer may fire a millisecond early; the next tick is counted from the later of the two, and a long absence is one run.
    const next = nextTick(handler, new Date(Math.max(at.getTime(), Date.now())));
    try {
      const { messageId, body, signature } = seal(this.secrets, newId(), { name: handler.name, version: 1 }, undefined,
        { tick: at.toISOString() });
      const won = await this.system(TICK, [handler.name, at, next, SYSTEM_TENANT, messageId, body, signature]);
      if (won.length > 0) {
        const row = { tenantId: SYSTEM_TENANT, messageId, handler: handler.name, version: 1, waits: true };
        this.emitter.emit(messagesCommitted, { server: this.db.server, rows: [row] });
        this.arm(handler, next);
      } else {
        const [row] = await this.system(NEXT, [handler.name]);
        this.arm(handler, row?.nextAt ?? next);
      }
    } catch (error) {
      log.warn({ error, schedule: handler.name }, 'a tick could not be written down; trying again');
      if (!this.closed) this.timers.set(handler.name, setTimeout(() => void this.tick(handler, at), AGAIN_MS).unref());
    }
  }

  private system(text: string, params: unknown[]): Promise<{ nextAt: Date }[]> {
    return this.db.systemQuery('runs schedules, which belong to no tenant', text, params);
  }
}

export function nextTick({ name, cron }: Pick<Handler, 'name' | 'cron'>, after: Date): Date {
  try {
    return CronExpressionParser.parse(cron!.pattern, { currentDate: after, tz: cron!.timeZone }).next().toDate();
  } catch (cause) {
    throw new AppError('internal', 'kernel.cron-pattern',
      `@Cron('${name}', '${cron!.pattern}') is not a cron pattern in ${cron!.timeZone}: ${(cause as Error).message}`, { cause });
  }
}
