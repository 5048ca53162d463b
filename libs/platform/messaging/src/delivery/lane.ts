import { logger } from '#platform/core';
import { deliveryMetrics } from './delivery.metrics.js';
import { type Delivery, type DeliveryStore, type Outcome, runningKey } from './delivery.store.js';
import type { Started } from './group.js';
import { GroupSize } from './group-size.js';
import type { Handler } from './registry.js';
import { HandedBack, type Runner, leaseLost } from './runner.js';
import type { Settler } from './settler.js';

/** Events are small: claiming them many at a time divides the cost of the claim. Jobs are claimed only when they can start. */
const EVENTS_AT_A_TIME = 64;
/** Turns among tenants begin here. */
const FIRST_TENANT = '00000000-0000-0000-0000-000000000000';
const CLAIM_AGAIN_MS = 1000;

const log = logger('kernel');

/** One handler's work in this process: claims what is ready, runs `concurrency` of it at a time, and hands the outcomes over. */
export class Lane {
  private claimed: Delivery[] = [];
  /** Of a group that was undone: to be run by themselves. */
  private readonly alone = new WeakSet<Delivery>();
  private readonly running = new Map<string, Started>();
  private readonly size = new GroupSize();
  /** Of what runs: single deliveries, and groups of events in one transaction. */
  private groups = 0;
  private afterTenant = FIRST_TENANT;
  private wanted = false;
  private claiming = false;
  private closed = false;
  private idle: (() => void)[] = [];

  constructor(
    readonly handler: Handler,
    private readonly store: DeliveryStore,
    private readonly runner: Runner,
    private readonly settler: Settler,
  ) {}

  /** Something may be ready. */
  wake(): void {
    this.wanted = true;
    void this.claim();
  }

  /** What this process holds a lease on, started or not. */
  held(): string[] {
    return [...this.claimed.map(runningKey), ...this.running.keys()];
  }

  /** The leases among `keys` are gone: what runs under them is stopped, what has not started does not start. */
  lost(keys: Set<string>): void {
    for (const [key, { stop }] of this.running) if (keys.has(key)) stop.abort(leaseLost(this.handler));
    this.claimed = this.claimed.filter((one) => !keys.has(runningKey(one)));
  }

  cancel(messageId: string): void {
    this.lost(new Set(this.held().filter((key) => key.startsWith(`${messageId} `))));
  }

  /** Claims nothing more, gives back what has not started, and resolves when what runs has ended. */
  async close(): Promise<void> {
    this.closed = true;
    for (const delivery of this.claimed.splice(0)) this.settler.add({ delivery, outcome: { kind: 'handed-back' } });
    if (this.running.size > 0 || this.claiming) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  /** Stops what still runs; its tries do not count. */
  abort(): void {
    for (const { stop } of this.running.values()) stop.abort(new HandedBack('The process is closing.'));
  }

  private async claim(): Promise<void> {
    if (this.claiming) return;
    this.claiming = true;
    try {
      while (this.wanted && !this.closed && this.free() > 0) await this.claimOnce(this.free());
    } catch (error) {
      log.warn({ error, handler: this.handler.name }, 'messages could not be claimed; trying again');
      setTimeout(() => this.wake(), CLAIM_AGAIN_MS).unref();
    } finally {
      this.claiming = false;
      this.tellIdle();
    }
  }

  private async claimOnce(limit: number): Promise<void> {
    this.wanted = false;
    const from = this.afterTenant;
    const { rows, share, visited } = await this.store.claim(this.handler, limit, from);
    const endOfRound = visited < limit;
    this.afterTenant = endOfRound || rows.length === 0 ? FIRST_TENANT : rows.reduce((last, { tenantId }) => (tenantId > last ? tenantId : last), from);
    const wholeRound = from === FIRST_TENANT;
    this.wanted ||= rows.length === 0 ? !wholeRound : !(endOfRound && wholeRound && rows.length < share);
    if (this.closed) {
      for (const delivery of rows) this.settler.add({ delivery, outcome: { kind: 'handed-back' } });
      return;
    }
    this.claimed.push(...rows);
    this.startSome();
  }

  /** How many to claim now: events only once half of what was claimed is through. */
  private free(): number {
    const { kind, options } = this.handler;
    const held = this.claimed.length + this.running.size;
    if (kind !== 'event') return options.concurrency - held;
    const most = Math.max(EVENTS_AT_A_TIME, options.concurrency * this.size.most);
    return held > most / 2 ? 0 : most - held;
  }

  private startSome(): void {
    while (!this.closed && this.groups < this.handler.options.concurrency && this.claimed.length > 0) void this.start(this.next());
  }

  /** What runs next: one, or events of one tenant that share a transaction when there are more than can run side by side. */
  private next(): Delivery[] {
    const size = this.handler.kind === 'event' ? Math.min(this.size.most, Math.ceil(this.claimed.length / this.handler.options.concurrency)) : 1;
    const [first] = this.claimed;
    const fits = (one: Delivery): boolean => one.tenantId === first!.tenantId && !this.alone.has(one);
    const group = size === 1 || this.alone.has(first!) ? [first!] : this.claimed.filter(fits).slice(0, size);
    const taken = new Set(group);
    this.claimed = this.claimed.filter((one) => !taken.has(one));
    return group;
  }

  private async start(deliveries: Delivery[]): Promise<void> {
    const group = deliveries.map((delivery) => ({ delivery, stop: new AbortController() }));
    for (const one of group) this.running.set(runningKey(one.delivery), one);
    this.groups += 1;
    if (group.length === 1) await this.runOne(group[0]!);
    else await this.runTogether(group);
    this.groups -= 1;
    this.startSome();
    if (this.wanted) void this.claim();
    this.tellIdle();
  }

  private async runOne(one: Started): Promise<void> {
    const ended = deliveryMetrics.started(this.handler.name);
    const outcome = await this.runner.run(one, this.handler, this.size);
    ended(outcome.kind);
    this.end(one, outcome);
  }

  /** A group that is undone goes back to the front, each to run by itself; what was stopped meanwhile ends as it would have alone. */
  private async runTogether(group: Started[]): Promise<void> {
    const told = group.map(() => deliveryMetrics.started(this.handler.name));
    if (await this.runner.together(group, this.handler, this.size)) {
      for (const ended of told) ended('done');
      return group.forEach((one) => this.end(one, { kind: 'done' }));
    }
    const again = group.filter(({ stop }) => !stop.signal.aborted);
    for (const one of again) {
      this.alone.add(one.delivery);
      if (this.closed) this.end(one, { kind: 'handed-back' });
      else this.running.delete(runningKey(one.delivery));
    }
    if (!this.closed) this.claimed.unshift(...again.map(({ delivery }) => delivery));
    await Promise.all(group.filter(({ stop }) => stop.signal.aborted).map((one) => this.runOne(one)));
  }

  private end(one: Started, outcome: Outcome): void {
    this.settler.add({ delivery: one.delivery, outcome });
    this.running.delete(runningKey(one.delivery));
  }

  private tellIdle(): void {
    if (this.closed && this.running.size === 0 && !this.claiming) for (const tell of this.idle.splice(0)) tell();
  }
}
