import { type EmbeddedEvent, sqlText } from '../channel.js';
import { errorResponse, FAILED_TRANSACTION, FRONTEND, IDLE, IN_TRANSACTION, message, type PgError, query, readError, readyForQuery,
  dataRowsOf, wireText } from '../wire.js';
import { forbidden } from './forbidden.js';
import { type Notification, readReply, type Reply } from './reply.js';
import { applySettings, identifier, READ_SETTINGS, EngineSession, settingsKey } from './engine-session.js';
import { SharedStatements, textsOf } from './statements.js';

/** What the scheduler needs of the world; the worker gives the real one. */
export interface Engine {
  /** Runs whole messages to the end. Blocks the thread: nothing can interrupt it. */
  exec(bytes: Buffer): Buffer;
  reply(connection: number, bytes: Buffer): void;
  drop(connection: number): void;
  report(event: EmbeddedEvent): void;
  /** Told around each run, so that the main thread can see a statement that is still running. */
  starts(sql: Buffer | string): void;
  ends(): void;
}

export interface Limits {
  transactionLimitMs: number;
  slowStatementMs: number;
}

/**
 * Many connections on one engine session. Groups (messages up to Sync, Flush or a simple Query) run one at a time, first come first served;
 * a connection whose transaction is open has the engine to itself until ReadyForQuery says idle.
 */
export class Scheduler {
  readonly #sessions = new Map<number, EngineSession>();
  readonly #statements = new SharedStatements();
  /** Sessions with queued groups, in order of arrival; never holds the reserved one. */
  readonly #waiting = new Set<EngineSession>();
  #reserved?: EngineSession;
  #reservedAt = 0;
  /** Key of the settings the engine runs under now. */
  #applied = settingsKey({});
  /** Reported parameters as of the last idle moment: a change there is a setting that outlived its transaction. */
  readonly #reported = new Map<string, string>();

  constructor(private readonly engine: Engine, private readonly limits: Limits) {}

  /** Whether a transaction is open: then nothing but its connection may run. */
  get reserved(): boolean {
    return this.#reserved !== undefined;
  }

  get runnable(): boolean {
    return this.#reserved ? this.#reserved.queue.length > 0 : this.#waiting.size > 0;
  }

  open(connection: number, secret: number, startup: Record<string, string>): void {
    this.#sessions.set(connection, new EngineSession(connection, secret, startup));
  }

  enqueue(connection: number, group: Buffer): void {
    const session = this.#sessions.get(connection);
    if (!session) return;
    session.queue.push(group);
    if (session !== this.#reserved) this.#waiting.add(session);
  }

  /** Runs one group. */
  step(): void {
    const session = this.#reserved ?? first(this.#waiting);
    const group = session?.queue.shift();
    if (!session || !group) return;
    if (session.queue.length === 0 || session === this.#reserved) this.#waiting.delete(session);
    else {
      this.#waiting.delete(session);
      this.#waiting.add(session);
    }
    const refusal = this.#refusal(session, group);
    if (refusal) this.engine.reply(session.id, refusal);
    else this.#run(session, group);
  }

  /** Only a group that has not started can be cancelled: a running one holds the thread, and this is read when it is over. */
  cancel(connection: number, secret: number): void {
    const session = this.#sessions.get(connection);
    if (!session || session.secret !== secret || session === this.#reserved || session.queue.length === 0) return;
    session.queue.shift();
    if (session.queue.length === 0) this.#waiting.delete(session);
    this.engine.reply(connection, answer({ severity: 'ERROR', code: '57014', message: 'canceling statement due to user request' }, IDLE));
  }

  close(connection: number): void {
    const session = this.#sessions.get(connection);
    if (!session) return;
    this.#sessions.delete(connection);
    this.#waiting.delete(session);
    if (session === this.#reserved) this.#rollback();
    const freed = this.#statements.releaseAll(session.statements);
    if (freed.length > 0) this.internal(Buffer.concat([...freed, SYNC]));
    if (session.channels.size > 0) this.#listenAnew();
    if (session.advisoryLocks && ![...this.#sessions.values()].some((other) => other.advisoryLocks)) {
      this.internal(query('select pg_catalog.pg_advisory_unlock_all()'));
    }
  }

  /** Ends a transaction that was held too long: everybody else is waiting for it. */
  watch(now: number): void {
    const session = this.#reserved;
    const heldMs = now - this.#reservedAt;
    if (!session) return;
    const limitMs = session.transactionLimitMs ?? this.limits.transactionLimitMs;
    if (heldMs <= limitMs) return;
    this.engine.report({ event: 'transaction-ended', heldMs, limitMs, sql: sqlText(session.sql) });
    this.#rollback();
    session.doomed =
      `The transaction was ended after ${Math.round(heldMs / 1000)} s, and nothing of it was saved: the embedded database runs one ` +
        `transaction at a time, ` +
      `so everything else was waiting for it. Keep model calls, HTTP and streams outside of transactions.`;
    if (session.queue.length > 0) this.#waiting.add(session);
  }

  /** SQL of the house itself (settings, clean-up, maintenance), never in the middle of a connection's transaction. */
  internal(bytes: Buffer): Buffer {
    const reply = this.engine.exec(bytes);
    for (const [name, value] of readReply(reply).parameters) this.#reported.set(name, value);
    return reply;
  }

  #rollback(): void {
    this.internal(ABORT);
    this.#reserved = undefined;
  }

  #run(session: EngineSession, group: Buffer): void {
    const mine = session === this.#reserved;
    if (!mine && !this.#wear(session)) return;
    session.advisoryLocks ||= group.subarray(0, 2000).includes('advisory_lock(');
    const { bytes, parses, sql } = this.#statements.translate(session.statements, group);
    session.sql = sql;
    const started = performance.now();
    this.engine.starts(sql);
    const reply = readReply(this.engine.exec(bytes));
    this.engine.ends();
    const tookMs = performance.now() - started;
    if (parses.length > 0) this.#statements.settle(session.statements, parses, reply.parsed);
    if (reply.failed && reply.bytes.includes(STALE_PLAN)) this.#statements.retire(session.statements, group);
    if (tookMs > this.limits.slowStatementMs) {
      this.engine.report({ event: 'statement-slow', tookMs, finished: true, sql: sqlText(sql) });
    }
    if (reply.status === IDLE) this.#reserved = undefined;
    else if (!mine) {
      this.#reserved = session;
      this.#reservedAt = started;
      this.#waiting.delete(session);
    }
    if (reply.status === IDLE && session.queue.length > 0) this.#waiting.add(session);
    this.engine.reply(session.id, reply.bytes);
    this.#standing(session, group, reply);
    for (const notification of reply.notifications) this.#notify(notification);
  }

  /** Puts the session's settings on the engine. */
  #wear(session: EngineSession): boolean {
    if (session.settingsKey === this.#applied) return true;
    const problem = readError(this.internal(query(applySettings(session.settings))));
    if (problem === undefined) {
      this.#applied = session.settingsKey;
      return true;
    }
    this.#applied = '';
    this.engine.reply(session.id,
      errorResponse({ severity: 'FATAL', code: '22023', message: `The connection's settings cannot be applied: ${problem}` }));
    this.engine.drop(session.id);
    this.close(session.id);
    return false;
  }

  /** After SET, LISTEN, DISCARD and their like: learns what now holds for this connection, and mends what it undid for the others. */
  #standing(session: EngineSession, group: Buffer, { tags, parameters, status }: Reply): void {
    if (tags.has('SET') || tags.has('RESET') || tags.has('DISCARD ALL')) session.settingsTouched = true;
    if (tags.has('DISCARD ALL') || tags.has('DEALLOCATE ALL')) {
      this.#statements.releaseAll(session.statements);
      this.internal(Buffer.concat([...this.#statements.restore(), SYNC]));
    }
    if (tags.has('DISCARD ALL')) session.channels.clear();
    if (tags.has('LISTEN') || tags.has('UNLISTEN')) {
      for (const sql of textsOf(session.statements, group)) readListens(sql, session.channels);
    }
    if (tags.has('UNLISTEN') || tags.has('DISCARD ALL')) this.#listenAnew();
    if (status !== IDLE) return;
    for (const [name, value] of parameters) {
      if (this.#reported.has(name) && this.#reported.get(name) !== value) session.settingsTouched = true;
      this.#reported.set(name, value);
    }
    if (session.settingsTouched) this.#learnSettings(session);
  }

  #learnSettings(session: EngineSession): void {
    session.settingsTouched = false;
    const now = Object.fromEntries(dataRowsOf(this.internal(query(READ_SETTINGS)))) as Record<string, string>;
    this.#applied = settingsKey(now);
    // RESET leads back to what the connection started with, not to what the engine started with.
    session.wear({ ...session.first, ...now });
  }

  #notify({ channel, message: bytes }: Notification): void {
    for (const session of this.#sessions.values()) {
      if (session.channels.has(channel)) this.engine.reply(session.id, bytes);
    }
  }

  #listenAnew(): void {
    const channels = new Set([...this.#sessions.values()].flatMap((session) => [...session.channels]));
    this.internal(query(['unlisten *', ...[...channels].map((channel) => `listen ${identifier(channel)}`)].join('; ')));
  }

  /** The answer to a group that must not run, if it must not. */
  #refusal(session: EngineSession, group: Buffer): Buffer | undefined {
    if (session.doomed !== undefined) {
      const texts = textsOf(session.statements, group);
      const message = session.doomed;
      if (texts.some((sql) => TRANSACTION_END.test(sql))) session.doomed = undefined;
      if (texts.some((sql) => ROLLBACK.test(sql))) return undefined;
      return answer({ severity: 'ERROR', code: '25P04', message }, session.doomed === undefined ? IDLE : FAILED_TRANSACTION);
    }
    const error = forbidden(group);
    return error && answer(error, session === this.#reserved ? IN_TRANSACTION : IDLE);
  }
}

const SYNC = message(FRONTEND.sync, Buffer.alloc(0));
/** The faulty Parse first: a Sync after unfinished messages would commit what they did. */
const ABORT = Buffer.concat([message(FRONTEND.parse, Buffer.concat([wireText('', 'not sql'), Buffer.alloc(2)])), SYNC, query('rollback')]);
const STALE_PLAN = 'cached plan must not change result type';
const ROLLBACK = /^\s*(?:rollback|abort)\b(?!\s+(?:work\s+|transaction\s+)?to\b)/i;
const TRANSACTION_END = new RegExp(`${ROLLBACK.source}|^\\s*(?:commit|end)\\b`, 'i');

function answer(error: PgError, status: number): Buffer {
  return Buffer.concat([errorResponse(error), readyForQuery(status)]);
}

function first<T>(values: Set<T>): T | undefined {
  for (const value of values) return value;
  return undefined;
}

/** LISTEN and UNLISTEN in a text that is known to hold one; names folded as Postgres folds them. */
function readListens(sql: string, channels: Set<string>): void {
  for (const [, un, quoted, plain] of sql.matchAll(/\b(un)?listen\s+(?:"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*|\*))/giu)) {
    const channel = quoted?.replaceAll('""', '"') ?? plain!.toLowerCase();
    if (un === undefined) channels.add(channel);
    else if (channel === '*') channels.clear();
    else channels.delete(channel);
  }
}
