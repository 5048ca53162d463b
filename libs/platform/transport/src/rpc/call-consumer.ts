import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { logger, settledWithin } from '#platform/core';
import type { RedisClient } from '../redis/redis-client.js';
import { callStream } from './call-message.js';

export interface CallConsumerOptions {
  contexts: string[];
  /** Calls of one context handled at once by this process. */
  concurrency: number;
  /** Milliseconds without a sign of life after which another replica takes a call over. */
  claimIdleMs: number;
  /** Opens a connection for reading: one that waits for calls can do nothing else meanwhile. */
  connect: () => RedisClient;
}

/** An entry of a context's stream, taken by this process alone. */
export interface StreamEntry {
  context: string;
  entry: string;
  text: string;
}

interface CallHandlers {
  take(call: StreamEntry): void;
  /** It ended every process that tried it. */
  giveUp(call: StreamEntry): void;
  /** What was read has been taken. */
  flush(): void;
}

type Entry = [id: string, fields: string[] | null];

const BLOCK_MS = 1_000;
const RETRY_MS = 200;
/** A call that outlived this many replicas kills them: it is answered with an error instead of being tried again. */
export const MAX_DELIVERIES = 3;

/**
 * Takes calls off a Redis stream per context with one consumer group, so exactly one replica gets each. While it works on a call it
 * renews its claim; the call of a replica that went silent is taken over.
 */
export class CallConsumer {
  private readonly log = logger('rpc');
  /** Entries by context: those of two contexts that were added in the same millisecond have the same id. */
  private readonly taken: Map<string, Set<string>>;
  private readonly freed = new Map<string, () => void>();
  private readonly readers: RedisClient[] = [];
  private loops: Promise<void>[] = [];
  private renewal: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly options: CallConsumerOptions,
    private readonly instance: string,
    private readonly commands: RedisClient,
    private readonly handlers: CallHandlers,
  ) {
    this.taken = new Map(options.contexts.map((context) => [context, new Set()]));
  }

  async start(): Promise<void> {
    // Where Redis is away, the loops make them as soon as it is there.
    const made = this.createGroups().catch(() => undefined);
    this.loops = this.options.contexts.map((context) => this.readLoop(context));
    this.renewal = setInterval(
      () => void this.renewAndTakeOver().catch((error: Error) => this.log.warn({ err: error }, 'could not renew claims')),
      this.options.claimIdleMs / 3,
    );
    await made;
  }

  /** Takes no new calls, and waits for those under way until others would take them over. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const wake of this.freed.values()) wake();
    for (const reader of this.readers) reader.disconnect();
    // A read that waits for a Redis that is away never ends, not even when its connection is closed.
    await settledWithin(Promise.all(this.loops), BLOCK_MS);
    const patience = Date.now() + this.options.claimIdleMs;
    while (this.busy && Date.now() < patience) await sleep(20);
    clearInterval(this.renewal);
  }

  /** The call is over, and there is room for another one. */
  release({ context, entry }: StreamEntry): void {
    this.taken.get(context)!.delete(entry);
    this.freed.get(context)?.();
  }

  private get busy(): boolean {
    return [...this.taken.values()].some(({ size }) => size > 0);
  }

  private free(context: string): number {
    return this.options.concurrency - this.taken.get(context)!.size;
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
    while (!this.stopped) {
      const free = this.free(context);
      if (free <= 0) {
        await new Promise<void>((resolve) => this.freed.set(context, resolve));
        continue;
      }
      try {
        const key = callStream(context);
        const found = await reader.xreadgroup('GROUP', context, this.instance, 'COUNT', free, 'BLOCK', BLOCK_MS, 'STREAMS', key, '>');
        for (const [, entries] of (found ?? []) as [string, Entry[]][]) this.take(context, entries);
        // What is answered without waiting leaves before more is asked for.
        await turn();
        this.handlers.flush();
      } catch (error) {
        if (this.stopped) return;
        this.log.debug({ err: error as Error }, 'could not read calls; trying again');
        await sleep(RETRY_MS);
        await this.createGroups().catch(() => undefined);
      }
    }
  }

  private take(context: string, entries: Entry[]): void {
    const taken = this.taken.get(context)!;
    for (const [entry, fields] of entries) {
      if (!fields || taken.has(entry)) continue;
      taken.add(entry);
      this.handlers.take({ context, entry, text: fields[1] ?? '' });
    }
  }

  /** Renewing says "still at it" for long answers; taking over looks for calls whose replica has not said so. */
  private async renewAndTakeOver(): Promise<void> {
    for (const [context, own] of this.taken) {
      const key = callStream(context);
      if (own.size > 0) await this.commands.xclaim(key, context, this.instance, 0, ...own, 'JUSTID');
      const free = this.free(context);
      if (free <= 0 || this.stopped) continue;
      const claimed = await this.commands.xautoclaim(key, context, this.instance, this.options.claimIdleMs, '0-0', 'COUNT', free);
      const [, entries] = claimed as [string, Entry[]];
      if (entries.length > 0) this.take(context, await this.survivable(context, entries));
    }
  }

  private async survivable(context: string, entries: Entry[]): Promise<Entry[]> {
    const kept: Entry[] = [];
    for (const [entry, fields] of entries) {
      const [row] = (await this.commands.xpending(callStream(context), context, entry, entry, 1)) as [string, string, number, number][];
      if (row && row[3] > MAX_DELIVERIES) this.handlers.giveUp({ context, entry, text: fields?.[1] ?? '' });
      else kept.push([entry, fields]);
    }
    return kept;
  }
}
