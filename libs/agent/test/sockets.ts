import { testToken } from '#platform/testing';
import type { RunEvent } from '../src/contract.js';
import { eventsOf, isFinal } from './house.js';

/** A stream read from a real socket, event by event. */
export class LiveStream {
  readonly events: RunEvent[] = [];
  readonly closed: Promise<void>;
  private readonly abort = new AbortController();
  private waiting: (() => void)[] = [];
  private over = false;

  private constructor(readonly response: Response) {
    this.closed = this.read();
  }

  static async open(url: string, tenantId: string, init: { body?: unknown; headers?: Record<string, string> } = {}): Promise<LiveStream> {
    const abort = new AbortController();
    const response = await fetch(url, {
      method: init.body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${testToken(tenantId)}`, accept: 'text/event-stream',
        ...(init.body !== undefined && { 'content-type': 'application/json' }), ...init.headers },
      body: init.body === undefined ? undefined : JSON.stringify(init.body),
      signal: abort.signal,
    });
    const stream = new LiveStream(response);
    abort.signal.onabort = null;
    stream.abort.signal.addEventListener('abort', () => abort.abort());
    return stream;
  }

  get runId(): string {
    return this.response.headers.get('x-atoll-run-id')!;
  }

  /** Resolves once so many events are there, or the stream ended. */
  async until(condition: (events: RunEvent[]) => boolean): Promise<RunEvent[]> {
    while (!condition(this.events) && !this.over) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.events;
  }

  async end(): Promise<RunEvent> {
    await this.until((events) => events.some(isFinal));
    await this.closed;
    return this.events.at(-1)!;
  }

  /** Closes the socket, as a reader who leaves does. */
  async leave(): Promise<void> {
    this.abort.abort();
    await this.closed;
  }

  private async read(): Promise<void> {
    let text = '';
    try {
      for await (const chunk of this.response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const whole = text.lastIndexOf('\n\n') + 2;
        if (whole < 2) continue;
        this.events.push(...eventsOf(text.slice(0, whole)));
        text = text.slice(whole);
        this.wake();
      }
    } catch {
      // Left, or the server died: what was read stands.
    } finally {
      this.over = true;
      this.wake();
    }
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
