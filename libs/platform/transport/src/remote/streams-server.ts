import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import type { Redis } from 'ioredis';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { AppError, errorData, logger, newId, type Secrets } from '#platform/core';
import type { RedisClient } from '../redis/redis-client.js';
import { Answers } from './answers.js';
import { type CallMessage, type ControlMessage, type ReplyMessage, callStream, controlChannel, openMessage } from './call-message.js';
import { pump } from './pump.js';

export interface StreamsServerOptions {
  /** For commands; and to hear what callers say. */
  connect: () => RedisClient;
  listen: () => Redis;
  secrets: Secrets;
  contexts: string[];
  /** Calls of one context handled at once by this process. */
  concurrency: number;
  /** Milliseconds without a sign of life after which another replica takes a call over. */
  claimIdleMs: number;
  /** Longest message in characters. */
  limit: number;
}

/** What a registered handler is given and gives back: a result, or the parts of a stream. */
export type CallHandler = (message: CallMessage, signal: AbortSignal) => Promise<unknown> | AsyncIterable<unknown>;

interface InFlight {
  context: string;
  /** The call's id, and where it stands in the stream. */
  id: string;
  entry: string;
  abort: AbortController;
  credit: (parts: number) => void;
}

type Entry = [id: string, fields: string[] | null];

const BLOCK_MS = 1_000;
const RETRY_MS = 200;
/** A call that outlived this many replicas kills them: it is answered with an error instead of being tried again. */
const MAX_DELIVERIES = 3;

/**
 * Nest transport that shares work: a Redis stream per context with one consumer group, so exactly one replica takes a call. While it
 * works on a call it renews its claim; the call of a replica that went silent is taken over. Answers go to the caller's own channel.
 * (Nest's stock Redis transport is pub/sub: every replica handles every call, and nobody listening means lost.)
 */
export class RedisStreamsServer extends Server implements CustomTransportStrategy {
  readonly instance = newId();
  private readonly log = logger('remote');
  /** By context and entry: entries of two contexts that were added in the same millisecond have the same id. */
  private readonly inFlight = new Map<string, InFlight>();
  private readonly freed = new Map<string, () => void>();
  private readonly readers: RedisClient[] = [];
  private commands: RedisClient;
  private answers: Answers;
  private control: Redis;
  private closing = false;
  private loops: Promise<void>[] = [];
  private renewal: NodeJS.Timeout;

  constructor(private readonly options: StreamsServerOptions) {
    super();
  }

  override on(): never {
    throw new Error('This transport has no events of its own; watch the Redis connection.');
  }

  override unwrap<T>(): T {
    return this.commands as T;
  }

  override async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      this.commands = this.options.connect();
      this.answers = new Answers(this.commands, this.options.secrets, this.options.limit);
      this.control = this.options.listen();
      this.control.on('message', (_channel: string, text: string) => this.onControl(text));
      await this.control.subscribe(controlChannel(this.instance));
      await this.createGroups();
      this.loops = this.options.contexts.map((context) => this.readLoop(context));
      this.renewal = setInterval(() => void this.renewAndTakeOver().catch((error: Error) => this.log.warn({ err: error }, 'could not renew claims')), this.options.claimIdleMs / 3);
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Takes no new calls and lets those under way end; what is cut off is taken over by another replica. */
  override async close(): Promise<void> {
    this.closing = true;
    for (const wake of this.freed.values()) wake();
    for (const reader of this.readers) reader.disconnect();
    // A read that waits for a Redis that is away never ends, not even when its connection is closed.
    await Promise.race([Promise.all(this.loops), pause(BLOCK_MS, undefined, { ref: false })]);
    const patience = Date.now() + this.options.claimIdleMs;
    while (this.inFlight.size > 0 && Date.now() < patience) await pause(20);
    clearInterval(this.renewal);
    for (const { abort } of this.inFlight.values()) abort.abort();
    // As above.
    await Promise.race([this.answers.idle(), pause(BLOCK_MS, undefined, { ref: false })]);
    this.control.disconnect();
    this.commands.disconnect();
  }

  private async createGroups(): Promise<void> {
    for (const context of this.options.contexts) {
      await this.commands.xgroup('CREATE', callStream(context), context, '0', 'MKSTREAM').catch((error: Error) => {
        if (!error.message.startsWith('BUSYGROUP')) throw error;
      });
    }
  }

  private async readLoop(context: string): Promise<void> {
    const reader = this.options.connect();
    this.readers.push(reader);
    while (!this.closing) {
      const free = this.free(context);
      if (free <= 0) {
        await new Promise<void>((resolve) => this.freed.set(context, resolve));
        continue;
      }
      try {
        const found = (await reader.xreadgroup('GROUP', context, this.instance, 'COUNT', free, 'BLOCK', BLOCK_MS, 'STREAMS', callStream(context), '>')) as [string, Entry[]][] | null;
        for (const [, entries] of found ?? []) this.take(context, entries);
        // What is answered without waiting leaves before more is asked for.
        await turn();
        this.answers.flush();
      } catch (error) {
        if (this.closing) return;
        this.log.warn({ err: error as Error }, 'could not read calls; trying again');
        await pause(RETRY_MS);
        await this.createGroups().catch(() => undefined);
      }
    }
  }

  private free(context: string): number {
    let busy = 0;
    for (const call of this.inFlight.values()) if (call.context === context) busy += 1;
    return this.options.concurrency - busy;
  }

  private take(context: string, entries: Entry[]): void {
    for (const [entry, fields] of entries) {
      if (!fields || this.inFlight.has(placeOf(context, entry))) continue;
      const message = openMessage<CallMessage>(this.options.secrets, fields[1] ?? '');
      if (!message || message.deadline < Date.now() || !message.call.startsWith(`${context}.`)) {
        if (!message) this.log.error({ context }, 'dropped a call that nobody of this deployment signed; check who can write to Redis, and that ATOLL_SECRET is the same everywhere');
        this.answers.dispose(context, entry);
        continue;
      }
      void this.serve(context, entry, message);
    }
  }

  private async serve(context: string, entry: string, message: CallMessage): Promise<void> {
    const abort = new AbortController();
    const call: InFlight = { context, id: message.id, entry, abort, credit: () => undefined };
    this.inFlight.set(placeOf(context, entry), call);
    const timer = setTimeout(() => abort.abort(), Math.max(0, message.deadline - Date.now()));
    let last: Promise<unknown>;
    try {
      const handler = this.messageHandlers.get(message.call) as unknown as CallHandler | undefined;
      if (!handler) throw unknownCall(message.call);
      const answer = handler(message, abort.signal);
      if (isStream(answer)) {
        clearTimeout(timer);
        await this.reply(message, { seq: 0, parts: [] });
        const pumping = pump(answer, abort.signal, (parts, seq) => this.reply(message, { seq, parts }));
        call.credit = pumping.credit;
        await pumping.done;
        last = this.reply(message, { seq: 0, done: true });
      } else {
        const result = (await answer) ?? null;
        last = this.reply(message, { seq: 0, result });
      }
    } catch (error) {
      last = this.refuse(message, error);
    }
    clearTimeout(timer);
    this.inFlight.delete(placeOf(context, entry));
    this.answers.dispose(context, entry);
    this.freed.get(context)?.();
    await last.catch((error: Error) => this.log.warn({ err: error }, 'could not answer a call'));
  }

  private reply(message: CallMessage, answer: Omit<ReplyMessage, 'id' | 'from'>): Promise<unknown> {
    return this.answers.reply(message.reply, { id: message.id, from: this.instance, ...answer });
  }

  private async refuse(message: CallMessage, error: unknown): Promise<void> {
    await this.reply(message, { seq: 0, error: errorData(error) });
  }

  private onControl(text: string): void {
    const message = openMessage<ControlMessage>(this.options.secrets, text);
    if (!message) return;
    for (const call of this.inFlight.values()) {
      if (call.id !== message.id) continue;
      if (message.cancel) call.abort.abort();
      if (message.credit) call.credit(message.credit);
    }
  }

  /** Renewing says "still at it" for long answers; taking over looks for calls whose replica has not said so. */
  private async renewAndTakeOver(): Promise<void> {
    for (const context of this.options.contexts) {
      const key = callStream(context);
      const own = [...this.inFlight.values()].filter((call) => call.context === context).map(({ entry }) => entry);
      if (own.length > 0) await this.commands.xclaim(key, context, this.instance, 0, ...own, 'JUSTID');
      const free = this.free(context);
      if (free <= 0 || this.closing) continue;
      const [, entries] = (await this.commands.xautoclaim(key, context, this.instance, this.options.claimIdleMs, '0-0', 'COUNT', free)) as [string, Entry[]];
      if (entries.length > 0) this.take(context, await this.survivable(context, entries));
    }
  }

  private async survivable(context: string, entries: Entry[]): Promise<Entry[]> {
    const kept: Entry[] = [];
    for (const [entry, fields] of entries) {
      const [row] = (await this.commands.xpending(callStream(context), context, entry, entry, 1)) as [string, string, number, number][];
      if (row && row[3] > MAX_DELIVERIES) {
        const message = openMessage<CallMessage>(this.options.secrets, fields?.[1] ?? '');
        if (message) await this.refuse(message, tooOften(message.call));
        this.answers.dispose(context, entry);
      } else {
        kept.push([entry, fields]);
      }
    }
    return kept;
  }
}

function placeOf(context: string, entry: string): string {
  return `${context} ${entry}`;
}

function isStream(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}

function unknownCall(call: string): AppError {
  return new AppError('unavailable', 'kernel.unknown-call', `${call} is not known to the version of its context that is running. Deploy the context before its callers.`);
}

function tooOften(call: string): AppError {
  return new AppError('unavailable', 'kernel.call-given-up', `${call} ended ${MAX_DELIVERIES} processes that tried it, so it is not tried again. The logs of those processes say why.`);
}
