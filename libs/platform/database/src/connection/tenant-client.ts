import pg from 'pg';
import { AppError } from '#platform/core';
import { databaseError, sqlState } from './errors.js';
import { assertPlainStatement } from './plain-statement.js';
import { type WireConnection, wireValues } from './pg-internals.js';
import { type Opening, PLAIN_WALL, Prepare, ScopedQuery, type StatementText, type Wall } from './scoped-query.js';

/** Prepared statements a connection keeps; the least recently used one makes room. */
const MAX_PREPARED = 400;
/** Longer texts are bulk statements whose row count varies: preparing each form would push the useful ones out. */
const MAX_PREPARED_LENGTH = 4_000;
/** Begins a statement that is to be planned by the size its tables have each time, not by the one they had when it was first prepared. */
export const PLANNED_ANEW = '/* planned anew */';

interface Order {
  text: string;
  values: unknown[];
  /** Decides at the moment of sending what must go ahead, or refuses. */
  open: () => Opening | undefined;
  resolve: (result: pg.QueryResult) => void;
  reject: (error: unknown) => void;
  retried?: boolean;
  error?: Error;
}

/**
 * One connection that sends nothing without a role and a tenant. `query()` of pg itself is closed; statements come through a
 * `PooledConnection`, which says whose they are. Statements given at once wait for each other here.
 */
export class TenantClient extends pg.Client {
  /** Something was left on the connection, or a statement ran as somebody else: never goes back to the pool. */
  dirty = false;
  /** When the running statement was sent, in Date.now() milliseconds; 0 while idle. */
  busySince = 0;
  private readonly waiting: Order[] = [];
  private running: Order | undefined;
  private readonly names = new Map<string, string>();
  private counter = 0;
  private forget: string[] = [];
  private lost: Error | undefined;
  private readonly wall: Wall;

  constructor(config?: pg.ClientConfig & { wall?: Wall }) {
    super(config);
    this.wall = config?.wall ?? PLAIN_WALL;
    this.on('error', (error) => this.lose(error));
    this.on('end', () => this.lose(new Error('Connection terminated')));
  }

  /** Called once by the pool after connecting. Listens after pg itself does, so that the transaction status is up to date in `ready`. */
  raise(): Promise<void> {
    this.wire.on('readyForQuery', () => this.ready());
    if (!this.wall.prepared) return Promise.resolve();
    return new Promise((resolve, reject) => {
      super.query(new Prepare(this.wall.scope, (failed) => (failed ? reject(failed) : resolve())) as never);
    });
  }

  /** Closed: a statement outside a `PooledConnection` has neither role nor tenant. */
  override query(): never {
    throw new AppError('internal', 'kernel.no-lease',
      'A statement was given to a raw database connection, which has neither role nor tenant. It was not sent. This is a bug in Atoll.');
  }

  /** No statement is running or waiting, no transaction is open, and the connection lives. */
  get idle(): boolean {
    return !this.running && this.waiting.length === 0 && !this.lost && this.transactionStatus === 'I';
  }

  /** Why the connection must not be handed to anybody else; undefined when it is proven clean. */
  get unfit(): 'lost' | 'leftovers' | 'busy' | undefined {
    if (this.lost) return 'lost';
    if (this.dirty) return 'leftovers';
    return this.idle ? undefined : 'busy';
  }

  get transactionStatus(): string | null {
    return this.getTransactionStatus();
  }

  /** Sends a statement after those that were given before it. Its opening is decided when its turn comes. */
  run(text: string, values: unknown[], open: () => Opening | undefined): Promise<pg.QueryResult> {
    return new Promise((resolve, reject) => this.take({ text, values, open, resolve, reject }));
  }

  /** COMMIT or ROLLBACK of the wall's own making. */
  control(text: 'COMMIT' | 'ROLLBACK'): Promise<pg.QueryResult> {
    return new Promise((resolve, reject) => this.take({ text, values: [], open: () => undefined, resolve, reject, retried: true }));
  }

  private take(order: Order): void {
    if (this.running) this.waiting.push(order);
    else this.start(order);
  }

  private start(order: Order): void {
    this.running = order;
    let query: ScopedQuery;
    try {
      if (this.lost) throw this.lost;
      query = this.build(order);
    } catch (error) {
      return this.settle(() => order.reject(error instanceof AppError ? error : databaseError(error)));
    }
    query.callback = (error, result) => (error ? this.failed(order, error) : this.answered(order, query, result!));
    this.busySince = Date.now();
    super.query(query as never);
  }

  private build(order: Order): ScopedQuery {
    const opening = order.open();
    const statement: StatementText = { text: order.text, values: wireValues(order.values), name: this.nameOf(order.text),
      forget: this.forget };
    this.forget = [];
    return new ScopedQuery(statement, opening, this.wall);
  }

  private answered(order: Order, query: ScopedQuery, result: pg.QueryResult): void {
    if (!query.proof.clean || !query.proof.as) this.dirty = true;
    this.settle(() => (query.proof.as ? order.resolve(result) : order.reject(wrongRole())));
  }

  /** The server sends ReadyForQuery after an error: only then is the connection's state known. Other errors mean it is gone. */
  private failed(order: Order, error: Error): void {
    order.error = error;
    const severity = (error as { severity?: string }).severity;
    if (!severity || severity === 'FATAL' || severity === 'PANIC') this.lose(error);
  }

  private ready(): void {
    const order = this.running;
    if (!order?.error) return;
    if (this.planIsStale(order)) return this.again(order);
    this.settle(() => order.reject(databaseError(order.error)));
  }

  private planIsStale(order: Order): boolean {
    return !order.retried && sqlState(order.error) === '0A000' && this.transactionStatus === 'I' &&
      /cached plan/.test(order.error!.message);
  }

  /** A migration changed the table under a prepared statement, which failed before it did anything: prepare it anew. */
  private again(order: Order): void {
    const name = this.names.get(order.text);
    this.names.delete(order.text);
    if (name) this.forget.push(name);
    this.start({ ...order, error: undefined, retried: true });
  }

  private lose(error: Error): void {
    this.lost ??= error;
    const orders = [...(this.running ? [this.running] : []), ...this.waiting.splice(0)];
    this.running = undefined;
    this.busySince = 0;
    for (const order of orders) order.reject(databaseError(order.error ?? error));
  }

  private settle(tell: () => void): void {
    this.running = undefined;
    this.busySince = 0;
    tell();
    const next = this.waiting.shift();
    if (next) this.start(next);
  }

  private nameOf(text: string): string | undefined {
    const known = this.names.get(text);
    if (known) {
      this.names.delete(text);
      this.names.set(text, known);
      return known;
    }
    if (text === 'COMMIT' || text === 'ROLLBACK') return undefined;
    assertPlainStatement(text);
    if (!this.wall.prepared || text.length > MAX_PREPARED_LENGTH || text.startsWith(PLANNED_ANEW)) return undefined;
    if (this.names.size >= MAX_PREPARED) this.evict();
    const name = `s${++this.counter}`;
    this.names.set(text, name);
    return name;
  }

  private evict(): void {
    const [text, name] = this.names.entries().next().value!;
    this.names.delete(text);
    this.forget.push(name);
  }

  private get wire(): WireConnection {
    return this.connection as unknown as WireConnection;
  }

  /** Breaks the connection under a statement that outlived its limit. */
  kill(why: Error): void {
    this.lose(why);
    this.wire.stream.destroy(why);
  }
}

function wrongRole(): AppError {
  return new AppError('internal', 'kernel.wrong-role',
    'A database statement ran under another role than its own, so its answer was thrown away and the connection closed. This is a bug ' +
      'in Atoll.');
}
