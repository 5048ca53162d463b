import { AsyncResource } from 'node:async_hooks';
import pg from 'pg';
import { AppError } from '#platform/core';
import { tooSlow, unavailable } from './errors.js';
import type { PooledConnection } from './pooled-connection.js';
import { CheckoutQueue } from './checkout-queue.js';
import { scopeSql, type Wall } from './scoped-query.js';
import type { Pooler } from './pooler.js';
import type { DbScope } from './db-scope.js';
import { TenantClient } from './tenant-client.js';

export interface PoolLimits {
  /** Default: none. */
  pooler?: Pooler;
  /** Connections at most. */
  size: number;
  /** A statement that runs longer is stopped by the server, and a connection that does not even answer then is broken. */
  statementMs: number;
  /** How long a statement waits for a free connection before the caller hears `unavailable`. */
  waitMs: number;
}

const GRACE_MS = 5_000;
/** One timer for all who wait, in place of one each. */
const SWEEP_MS = 250;

type Checkout = (error: Error | undefined, client: pg.PoolClient | undefined, release: (destroy?: unknown) => void) => void;

/** A pooler refuses limits at the connecting, and would not keep them: there they are set with each statement. */
function wallOver({ pooler = 'none', statementMs }: PoolLimits): pg.PoolConfig {
  const [statement, idle] = [statementMs, 2 * statementMs];
  if (pooler === 'none') return { statement_timeout: statement, idle_in_transaction_session_timeout: idle };
  const wall: Wall = { prepared: pooler === 'session', scope: scopeSql({ statement, idle, clean: pooler === 'transaction' }) };
  return { wall } as pg.PoolConfig;
}

/**
 * The connections of one database, shared by all contexts that live in it. pg's pool calls a queued callback in whatever context the
 * connection became free in: 991 of 1,000 queries then ran under another tenant. Here every callback is bound to the context it was
 * given in, and the pool's own sockets and timers live in none.
 */
export class TenantPool extends pg.Pool {
  private readonly nowhere = new AsyncResource('AtollPool');
  /** All that are open. */
  readonly clients = new Set<TenantClient>();
  private readonly queue: CheckoutQueue;
  private readonly sweeper: NodeJS.Timeout;

  constructor(config: pg.PoolConfig, private readonly limits: PoolLimits) {
    super({
      ...config,
      Client: TenantClient as never,
      // pg's pool waits for the promise, which its types do not say.
      onConnect: ((client: TenantClient) => client.raise()) as never,
      max: limits.size,
      // A timer per release costs more than an idle connection.
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: limits.waitMs,
      keepAlive: true,
      ...wallOver(limits),
    });
    this.on('connect', (client) => this.clients.add(client as unknown as TenantClient));
    this.on('remove', (client) => this.clients.delete(client as unknown as TenantClient));
    // An idle connection that breaks leaves the pool by itself; the next statement opens another one.
    this.on('error', () => undefined);
    this.queue = new CheckoutQueue(this, limits.size, (done) => super.connect(done as never));
    this.sweeper = setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Checkout): void;
  override connect(callback?: Checkout): Promise<pg.PoolClient> | void {
    if (!callback) return new Promise((resolve, reject) => this.connect((error, client) => (error ? reject(error) : resolve(client!))));
    this.queue.lend();
    super.connect(this.bind(callback));
  }

  /** pg's pool makes its connections here: their sockets live in no flow, so that no event of theirs ever runs in a request's. */
  newClient(waiter: unknown): void {
    this.nowhere.runInAsyncScope(() => (pg.Pool.prototype as unknown as { newClient(waiter: unknown): void }).newClient.call(this, waiter));
  }

  /** A connection for this scope alone, until it is released. */
  checkout(scope: DbScope): PooledConnection | Promise<PooledConnection> {
    return this.queue.checkout(scope);
  }

  /** Closed, like `TenantClient.query`: statements go through `checkout`. */
  override query(): never {
    throw new AppError('internal', 'kernel.no-lease',
      'A statement was given to a raw connection pool, which has neither role nor tenant. It was not sent. This is a bug in Atoll.');
  }

  /** Waits for what is under way, and then no longer: a connection that nobody gives back must not keep a process from ending. */
  async close(graceMs = GRACE_MS): Promise<void> {
    clearInterval(this.sweeper);
    this.queue.close();
    const patience = setTimeout(() => this.clients.forEach((client) => client.kill(unavailable(new Error('the pool was closed')))),
      graceMs);
    const empty = new Promise<void>((resolve) => {
      const look = (): void => void (this.clients.size === 0 && resolve());
      this.on('remove', look);
      for (const client of this.clients) client.once('end', () => void (this.clients.delete(client), look()));
      look();
    });
    void this.end();
    await empty;
    clearTimeout(patience);
  }

  protected bind(callback: Checkout): Checkout {
    return AsyncResource.bind(callback);
  }

  /** The embedded engine cannot stop a statement, and a network can swallow an answer: both would hold a connection for ever. */
  private sweep(): void {
    this.queue.expire(Date.now() - this.limits.waitMs);
    const limit = Date.now() - this.limits.statementMs - GRACE_MS;
    for (const client of this.clients) {
      if (client.busySince > 0 && client.busySince < limit) client.kill(tooSlow(new Error('no answer from the server')));
    }
  }
}
