import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { current, keyOf, logger, redisKey, Secrets, unsigned } from '#platform/core';
import { BestEffortRedis, RedisPubSub } from '#platform/transport';
import { type LogEntry, isEnd, packed, unpacked } from './log-entry.js';
import type { RunLog } from './run-log.js';

const PURPOSE = 'agent.run-relay';
/** Lines of a run that come within this time travel together. */
const GATHER_MS = 10;
/** Batches a stream keeps: some seconds of the fastest run, and the table is half a second behind. */
const KEPT_BATCHES = 1_000;
/** How long a stream stays after a line; and after the final one, for readers that are still behind. */
const KEPT_SECONDS = 300;
const ENDED_SECONDS = 30;
/** A read waits so long for lines; a run that is followed meanwhile joins the next one. */
const BLOCK_MS = 100;
/** Between two reads of a cluster, where one read cannot wait for several runs; and of a Redis that is away. */
const CLUSTER_MS = 25;
const AWAY_MS = 100;

/** Whose run is to be stopped, as the process where the stop was asked for verified it. */
interface StopRequest {
  runId: string;
  tenantId: string;
  userId: string;
}

interface Followed {
  /** The last line that was read from the stream. */
  after: number;
  readers: Set<(entries: LogEntry[]) => void>;
}

/** As ioredis gives it: streams with their entries, each an id and its one field. */
type Batches = [key: string, entries: [id: string, fields: [name: string, text: string]][]][];

/**
 * The live log between processes: a Redis Stream per run, whose entries are batches of lines under the number of their last line. It is
 * ahead of the table and may lose lines or be gone at any time; the table has everything a moment later. Batches are signed: whoever can
 * write to Redis cannot put words into an answer.
 */
@Injectable()
export class RunRelay implements OnApplicationShutdown {
  private readonly log = logger('agent');
  private readonly followed = new Map<string, Followed>();
  private connection: Redis | undefined;
  private reading = false;

  constructor(
    private readonly redis: BestEffortRedis,
    private readonly pubSub: RedisPubSub,
    private readonly secrets: Secrets,
  ) {}

  /** Sends what a run says to its stream, to its end. */
  send(run: RunLog): void {
    if (!this.redis.configured) return;
    const key = streamKey(run.facts.scope.tenantId, run.facts.runId);
    let waiting: LogEntry[] = [];
    run.follow(0, {
      read: (entries) => {
        if (waiting.length === 0) setTimeout(() => void this.add(key, waiting.splice(0)), isEnd(entries.at(-1)!) ? 0 : GATHER_MS);
        waiting.push(...entries);
        return true;
      },
      fail: () => (waiting = []),
    });
  }

  /** Tells a reader the lines behind `after` of a run of the caller's tenant as they come, in nobody's flow; returns how to leave. */
  follow(runId: string, after: number, read: (entries: LogEntry[]) => void): () => void {
    if (!this.redis.configured) return () => undefined;
    const key = streamKey(current().tenantId, runId);
    const followed = this.followed.get(key) ?? { after, readers: new Set() };
    followed.after = Math.min(followed.after, after);
    followed.readers.add(read);
    this.followed.set(key, followed);
    if (!this.reading) void this.read();
    return () => {
      followed.readers.delete(read);
      if (followed.readers.size === 0 && this.followed.get(key) === followed) this.followed.delete(key);
    };
  }

  /** Stops a run of the caller's now, not at its writer's next heartbeat. */
  stop(owner: string, runId: string): void {
    const { tenantId, actor } = current();
    this.pubSub.publish(stopChannel(owner), { runId, tenantId, userId: actor.id } satisfies StopRequest);
  }

  onStop(owner: string, stop: (request: StopRequest) => void): void {
    this.pubSub.subscribe<StopRequest>(stopChannel(owner), { onMessage: stop });
  }

  onApplicationShutdown(): void {
    this.followed.clear();
    this.connection?.disconnect();
  }

  private async add(key: string, entries: LogEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const signed = this.secrets.signed(PURPOSE, packed(entries), key);
    await this.redis.ask((redis) => Promise.all([
      redis.xadd(key, 'MAXLEN', '~', KEPT_BATCHES, `${entries.at(-1)!.id}-0`, 'lines', signed),
      redis.expire(key, entries.some(isEnd) ? ENDED_SECONDS : KEPT_SECONDS),
    ]));
  }

  /** One connection reads for all readers of this process, as long as there are any. */
  private async read(): Promise<void> {
    this.reading = true;
    while (this.followed.size > 0) {
      const found = await this.next([...this.followed.keys()]).catch(() => undefined);
      if (!found) await pause(AWAY_MS, undefined, { ref: false });
      for (const [key, entries] of found ?? []) for (const [id, [, text]] of entries) this.show(key, id, text);
    }
    this.reading = false;
  }

  private async next(keys: string[]): Promise<Batches | undefined> {
    const from = keys.map((key) => `${this.followed.get(key)!.after}-0`);
    const cluster = await this.redis.ask((redis) => Promise.resolve(redis.isCluster));
    if (cluster === undefined) return undefined;
    if (!cluster) {
      this.connection ??= this.redis.subscriber();
      return ((await this.connection!.xread('BLOCK', BLOCK_MS, 'STREAMS', ...keys, ...from)) as Batches | null) ?? [];
    }
    await pause(CLUSTER_MS);
    const found = await this.redis.ask((redis) => Promise.all(keys.map((key, at) => redis.xread('STREAMS', key, from[at]!))));
    return found?.flatMap((one) => (one as Batches | null) ?? []);
  }

  private show(key: string, id: string, text: string): void {
    const followed = this.followed.get(key);
    if (!followed) return;
    const line = Number.parseInt(id);
    if (!Number.isSafeInteger(line)) return void this.followed.delete(key);
    followed.after = Math.max(followed.after, line);
    const lines = this.secrets.readSigned(PURPOSE, text, key);
    if (lines === undefined) {
      this.log.error({ key }, unsigned('lines of an answer'));
      return;
    }
    const entries = unpacked(lines);
    for (const read of followed.readers) read(entries);
  }
}

function streamKey(tenantId: string, runId: string): string {
  return redisKey('run', keyOf(tenantId, 'agent', runId));
}

function stopChannel(owner: string): string {
  return `agent.stop/${owner}`;
}
