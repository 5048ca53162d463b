import type { EmbeddedEvent, RunningNow } from './channel.js';

/** Reports a statement that is still running after the limit: its own thread cannot, it is busy running it. */
export class SlowWatch {
  readonly #timer: NodeJS.Timeout;
  #turn = 0;
  #since = 0;
  #reported = false;

  constructor(private readonly running: RunningNow, private readonly limitMs: number,
    private readonly report: (event: EmbeddedEvent) => void) {
    this.#timer = setInterval(() => this.#look(performance.now()), Math.min(1_000, limitMs / 2));
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(now: number): void {
    const { turn } = this.running;
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#since = now;
      this.#reported = false;
    } else if (turn % 2 === 1 && !this.#reported && now - this.#since > this.limitMs) {
      this.#reported = true;
      this.report({ event: 'statement-slow', tookMs: now - this.#since, finished: false, sql: this.running.sql });
    }
  }
}
