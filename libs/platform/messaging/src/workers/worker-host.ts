import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import pLimit from 'p-limit';
import { type CoreConfig, Secrets } from '#platform/core';
import { type ConnectionFacts, Databases, type Db } from '#platform/database';
import { type RedisConfig, RedisPubSub } from '#platform/transport';
import { HandlerRegistry } from '../api/handler-registry.js';
import type { DeliveryConfig } from '../outbox/delivery.config.js';
import { type Backlog, deliveryMetrics } from '../outbox/delivery.metrics.js';
import { jobCancelled, LocalEmitter, messagesCommitted, outboxDue } from '../outbox/local-emitter.js';
import { OutboxStore } from '../outbox/outbox.store.js';
import { Subscriptions } from '../outbox/subscriptions.js';
import { BullQueues } from './bull-queues.js';
import { Dispatcher } from './dispatcher.js';
import { MemoryQueues } from './memory-queues.js';
import { Runner } from './runner.js';
import { Schedules } from './schedules.js';

const SWEEP_SECONDS = 5;
const SWEEP_SECONDS_EMBEDDED = 60;
/** Channel on which processes tell each other which jobs to stop. */
const CANCELLED = 'job-cancelled';

export interface WorkerSettings extends Pick<DeliveryConfig, 'enabled' | 'queues' | 'leaseSeconds' | 'pollSeconds'>,
  Pick<CoreConfig, 'drainSeconds' | 'databasePool'> {
  redis: RedisConfig;
}

/** DI token of `WorkerSettings`. */
export const SETTINGS = Symbol('atoll.worker-settings');

/**
 * Puts messaging together for one process: subscriptions before anything can be published, work once everything is up, drain before
 * anything closes.
 */
@Injectable()
export class WorkerHost implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly schedules: Schedules;
  private readonly stops: (() => void)[] = [];
  private dispatchers: Dispatcher[] = [];
  /** What waits in the main database, whoever is to handle it. */
  backlog: () => Promise<Backlog>;

  constructor(
    @Inject(Databases) private readonly databases: Databases,
    private readonly registry: HandlerRegistry,
    private readonly secrets: Secrets,
    private readonly emitter: LocalEmitter,
    @Inject(SETTINGS) private readonly settings: WorkerSettings,
    private readonly pubSub: RedisPubSub,
  ) {
    this.schedules = new Schedules(databases.of('kernel'), secrets, emitter);
  }

  async onModuleInit(): Promise<void> {
    this.registry.read();
    for (const db of this.databases.platformDbs()) {
      const subscriptions = new Subscriptions(db);
      await subscriptions.subscribe(this.registry.all());
      if (db.server.embedded) await subscriptions.retire(this.registry.hosted, this.registry.all(), 0);
    }
  }

  async onApplicationBootstrap(): Promise<void> {
    const handlers = this.settings.enabled ? this.registry.selected(this.settings.queues) : [];
    const dbs = this.databases.platformDbs();
    this.dispatchers = await Promise.all(dbs.map((db, at) => this.dispatcher(db, at)));
    for (const [at, dispatcher] of this.dispatchers.entries()) {
      this.stops.push(
        this.emitter.on(messagesCommitted, ({ server, rows }) => server === dbs[at]!.server && dispatcher.committed(rows)),
        this.emitter.on(outboxDue, (due) => dispatcher.due(due.at)),
      );
      // Schedules live in the main database.
      await dispatcher.start(handlers, async () => (at === 0 ? this.schedules.start(handlers) : undefined));
    }
    const cancel = ({ messageId }: { messageId: string }): void => this.dispatchers.forEach((one) => one.cancelled(messageId));
    this.stops.push(
      this.emitter.on(jobCancelled, (job) => {
        cancel(job);
        this.pubSub.publish(CANCELLED, job);
      }),
      this.pubSub.subscribe(CANCELLED, { onMessage: cancel }),
    );
    this.backlog = deliveryMetrics.watch(dbs[0]!);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.schedules.stop();
    for (const dispatcher of this.dispatchers.splice(0)) await dispatcher.stop();
    for (const stop of this.stops.splice(0)) stop();
  }

  /** The embedded database has one process; a server is shared by those that share a Redis. */
  private async dispatcher(db: Db, at: number): Promise<Dispatcher> {
    const { pollSeconds, leaseSeconds, drainSeconds, databasePool, redis } = this.settings;
    const { embedded } = db.server;
    const store = new OutboxStore(db);
    const runner = new Runner(this.databases, this.secrets, store, pLimit(Math.max(1, Math.floor(databasePool / 2))));
    const sweepMs = (pollSeconds || (embedded ? SWEEP_SECONDS_EMBEDDED : SWEEP_SECONDS)) * 1_000;
    const place = at === 0 ? '' : await store.place();
    const options = { sweepMs, drainMs: drainSeconds * 1_000, leaseMs: leaseSeconds * 1_000, place };
    if (embedded) return new Dispatcher(store, runner, this.registry, new MemoryQueues(), options);
    if (!redis.redisUrl) return new Dispatcher(store, runner, this.registry, new MemoryQueues(),
      { ...options, lock: this.connectionTo(db) });
    const queues = new BullQueues({ redis, leaseMs: leaseSeconds * 1_000, silentMs: 3 * sweepMs }, () => dispatcher.due(0));
    const dispatcher = new Dispatcher(store, runner, this.registry, queues, options);
    return dispatcher;
  }

  private connectionTo(db: Db): ConnectionFacts {
    const context = this.registry.hosted.find((name) => this.databases.of(name).server === db.server);
    return this.databases.connection(context ?? 'kernel');
  }
}
