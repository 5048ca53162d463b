import { settledWithin } from '#platform/core';
import { Connection, type ConnectionSetup } from './connection.js';

const TICK_MS = 1_000;

/** Each connection is visited every 7 s and written to on the second visit after its last frame: never silent for more than 14 s. */
const SPOKES = 7;

/**
 * All open streams of one edge: one timer for all their heartbeats (a timer each would cost 10,000 idle streams 10,000 timers), and the
 * list that a drain works through.
 */
export class OpenStreams {
  private readonly spokes: Set<Connection>[] = Array.from({ length: SPOKES }, () => new Set());
  private readonly spokeOf = new Map<Connection, number>();
  private next = 0;
  private turn = 0;
  private timer?: NodeJS.Timeout;
  private emptied?: () => void;

  get size(): number {
    return this.spokeOf.size;
  }

  open(setup: ConnectionSetup): Connection {
    const connection = new Connection(setup, (one) => this.remove(one));
    const spoke = this.next++ % SPOKES;
    this.spokes[spoke]!.add(connection);
    this.spokeOf.set(connection, spoke);
    this.timer ??= setInterval(() => this.tick(), TICK_MS).unref();
    return connection;
  }

  /** Ends the streams of these sessions, keys, members or tenants with an error: their credentials may no longer do what they could. */
  endFor(subjects: ReadonlySet<string>): void {
    for (const connection of [...this.spokeOf.keys()]) connection.endFor(subjects);
  }

  /** Resolves when every stream ended by itself, or `graceMs` passed and the rest was sent away with a resume hint. */
  async drain(graceMs: number): Promise<void> {
    if (this.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.emptied = resolve;
    });
    await settledWithin(empty, graceMs);
    for (const connection of [...this.spokeOf.keys()]) connection.sendAway('draining');
  }

  private remove(connection: Connection): void {
    const spoke = this.spokeOf.get(connection);
    if (spoke === undefined) return;
    this.spokes[spoke]!.delete(connection);
    this.spokeOf.delete(connection);
    if (this.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.emptied?.();
  }

  private tick(): void {
    this.turn = (this.turn + 1) % SPOKES;
    const now = performance.now();
    for (const connection of this.spokes[this.turn]!) connection.visit(now);
  }
}
