import { logger } from '../observability/logger.js';
import { deliveryMetrics } from './delivery.metrics.js';
import { type Delivery, type DeliveryStore, runningKey } from './delivery.store.js';
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
  private readonly claimed: Delivery[] = [];
  private readonly running = new Map<string, { delivery: Delivery; stop: AbortController }>();
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
    const kept = this.claimed.filter((one) => !keys.has(runningKey(one)));
    this.claimed.splice(0, this.claimed.length, ...kept);
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
    const most = Math.max(EVENTS_AT_A_TIME, options.concurrency);
    return held > most / 2 ? 0 : most - held;
  }

  private startSome(): void {
    while (!this.closed && this.running.size < this.handler.options.concurrency) {
      const next = this.claimed.shift();
      if (!next) return;
      void this.start(next);
    }
  }

  private async start(delivery: Delivery): Promise<void> {
    const key = runningKey(delivery);
    const stop = new AbortController();
    this.running.set(key, { delivery, stop });
    const ended = deliveryMetrics.started(this.handler.name);
    const outcome = await this.runner.run(delivery, this.handler, stop);
    ended(outcome.kind);
    this.settler.add({ delivery, outcome });
    this.running.delete(key);
    this.startSome();
    if (this.wanted) void this.claim();
    this.tellIdle();
  }

  private tellIdle(): void {
    if (this.closed && this.running.size === 0 && !this.claiming) for (const tell of this.idle.splice(0)) tell();
  }
}
