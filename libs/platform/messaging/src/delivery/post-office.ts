import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { CoreConfig, newId, Secrets } from '#platform/core';
import { Databases, type Db } from '#platform/database';
import { Subscriptions } from '../events/subscriptions.js';
import { Schedules } from '../jobs/schedules.js';
import { Calls } from './calls.js';
import { DeliveryConfig } from './delivery.config.js';
import { type Backlog, deliveryMetrics } from './delivery.metrics.js';
import { DeliveryStore } from './delivery.store.js';
import { Dispatcher } from './dispatcher.js';
import { HandlerRegistry } from './registry.js';
import { Runner } from './runner.js';
import { Signals } from './signals.js';
import { Turnstile } from './turnstile.js';

const POLL_SECONDS = 5;
/** Where nothing else tells of other processes' work. */
const POLL_SECONDS_DEAF = 1;
const POLL_SECONDS_ALONE = 60;

/** A part that is started at boot and stopped at shutdown. */
interface Part {
  stop(): void | Promise<void>;
}

export interface DeliverySettings extends Pick<DeliveryConfig, 'enabled' | 'queues' | 'leaseSeconds' | 'pollSeconds'>, Pick<CoreConfig, 'drainSeconds' | 'databasePool'> {}

/** DI token of `DeliverySettings`. */
export const SETTINGS = Symbol('atoll.delivery-settings');

/** Puts delivery together for one process: subscriptions before anything can be published, work once everything is up, drain before anything closes. */
@Injectable()
export class PostOffice implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly lease = newId();
  private readonly parts: Part[] = [];
  private dispatchers: Dispatcher[] = [];
  /** What waits in the main database, whoever is to handle it. */
  backlog: () => Promise<Backlog>;

  constructor(
    @Inject(Databases) private readonly databases: Databases,
    private readonly registry: HandlerRegistry,
    private readonly secrets: Secrets,
    private readonly signals: Signals,
    @Inject(SETTINGS) private readonly settings: DeliverySettings,
  ) {}

  async onModuleInit(): Promise<void> {
    this.registry.read();
    for (const db of this.databases.platformDbs()) {
      const subscriptions = new Subscriptions(db);
      await subscriptions.subscribe(this.registry.all());
      if (db.server.embedded) await subscriptions.retire(this.registry.hosted, this.registry.all(), 0);
    }
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.settings.enabled) await this.work();
    await this.call();
    this.backlog = deliveryMetrics.watch(this.databases.of('kernel'));
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const part of this.parts.splice(0)) await part.stop();
  }

  /** Looks for work now, without waiting for a call or the poll. */
  look(): void {
    for (const dispatcher of this.dispatchers) dispatcher.look();
  }

  private dispatcher(db: Db): Dispatcher {
    const { leaseSeconds, pollSeconds, drainSeconds, databasePool } = this.settings;
    const alone = db.server.embedded;
    const store = new DeliveryStore(db, this.lease, leaseSeconds * 1000);
    return new Dispatcher(store, new Runner(this.databases, this.secrets, store, new Turnstile(Math.max(1, Math.floor(databasePool / 2)))), this.signals, (message) => this.registry.of(message), {
      leaseMs: leaseSeconds * 1000,
      pollMs: (pollSeconds || (alone ? POLL_SECONDS_ALONE : this.databases.connection('kernel').listens ? POLL_SECONDS : POLL_SECONDS_DEAF)) * 1000,
      drainMs: drainSeconds * 1000,
      alone,
    });
  }

  private async work(): Promise<void> {
    this.dispatchers = this.databases.platformDbs().map((db) => this.dispatcher(db));
    const schedules = new Schedules(this.databases.of('kernel'), this.secrets, this.signals);
    this.parts.push(schedules, ...this.dispatchers);
    const handlers = this.registry.selected(this.settings.queues);
    for (const dispatcher of this.dispatchers) await dispatcher.start(handlers);
    await schedules.start(handlers);
  }

  /** Also where nothing is run: what is published here may be for others. */
  private async call(): Promise<void> {
    const shared = this.databases.platformDbs().filter(({ server }) => !server.embedded);
    if (shared.length === 0) return;
    const connections = new Map(['kernel', ...this.registry.hosted].map((context) => this.databases.connection(context)).filter(({ embedded, listens }) => !embedded && listens).map((one) => [one.config, one]));
    const calls = new Calls(shared, this.settings.enabled ? [...connections.values()] : [], this.signals, this.lease, this.dispatchers);
    this.parts.push(calls);
    await calls.start();
  }
}
