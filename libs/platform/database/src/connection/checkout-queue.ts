import type pg from 'pg';
import { AppError, metrics } from '#platform/core';
import { databaseError, unavailable } from './errors.js';
import { PooledConnection } from './pooled-connection.js';
import type { DbScope } from './db-scope.js';
import type { TenantClient } from './tenant-client.js';

/** A connection out of pg's pool, and the way back into it. */
interface Held {
  client: TenantClient;
  release: (destroy?: boolean) => void;
}

interface Waiter {
  scope: DbScope;
  since: number;
  resolve: (connection: PooledConnection) => void;
  reject: (error: unknown) => void;
}

const destroyed = metrics.counter('atoll_database_connections_destroyed_total',
  'Connections that could not be given back clean: lost, left with settings of somebody, still busy, failed in closing', ['why']);

/**
 * Hands out connections: a free one at once, else in the order of asking. It keeps them out of pg's pool in between, whose
 * timer and tick for each checkout cost as much as the statement; the pool opens and closes them.
 */
export class CheckoutQueue {
  private readonly free: Held[] = [];
  private readonly waiting: Waiter[] = [];
  /** Connections that are free or checked out, and those that were asked for and are on their way. */
  private held = 0;
  private asked = 0;

  constructor(
    private readonly pool: Pick<pg.Pool, 'waitingCount' | 'ending'>,
    private readonly size: number,
    private readonly open: (done: (error: Error | undefined, client: unknown, release: (destroy?: boolean) => void) => void) => void,
  ) {}

  checkout(scope: DbScope): PooledConnection | Promise<PooledConnection> {
    for (let held = this.free.pop(); held; held = this.free.pop()) {
      if (!held.client.unfit) return this.grant(held, scope);
      this.giveBack(held, true);
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ scope, since: Date.now(), resolve, reject });
      this.ask();
    });
  }

  /** Gives a free connection back to pg's pool, for somebody who asks there. */
  lend(): void {
    const held = this.free.pop();
    if (held) this.giveBack(held);
  }

  /** Refuses those who have been waiting since before `limit`. */
  expire(limit: number): void {
    while (this.waiting[0] && this.waiting[0].since < limit) this.waiting.shift()!.reject(busy());
  }

  close(): void {
    for (const waiter of this.waiting.splice(0)) waiter.reject(unavailable(new Error('the pool was closed')));
    for (const held of this.free.splice(0)) this.giveBack(held);
  }

  /** Asks pg's pool for one more connection while there is room and somebody waits for one. */
  private ask(): void {
    if (this.waiting.length <= this.asked || this.held + this.asked >= this.size) return;
    this.asked++;
    this.open((error, client, release) => {
      this.asked--;
      if (error) {
        this.waiting.shift()?.reject(databaseError(error));
        this.ask();
      } else {
        this.held++;
        this.offer({ client: client as TenantClient, release });
      }
    });
  }

  private offer(held: Held): void {
    const waiter = this.waiting.shift();
    if (waiter) waiter.resolve(this.grant(held, waiter.scope));
    else if (this.pool.waitingCount > 0 || this.pool.ending) this.giveBack(held);
    else this.free.push(held);
  }

  private grant(held: Held, scope: DbScope): PooledConnection {
    return new PooledConnection(held.client, scope, (destroy) => {
      if (!destroy) return this.offer(held);
      destroyed.inc({ why: held.client.unfit ?? 'failed' });
      this.giveBack(held, true);
      this.ask();
    });
  }

  private giveBack(held: Held, destroy?: boolean): void {
    this.held--;
    held.release(destroy);
  }
}

function busy(): AppError {
  return new AppError('unavailable', 'kernel.database-busy',
    'All connections to the database were in use for too long, so nothing was done. Try again in a moment.', { retryAfterSeconds: 2 });
}
