import { setTimeout as pause } from 'node:timers/promises';
import { Upstream, type UpstreamAnswer, UpstreamError, type UpstreamRequest } from '#platform/adapters';
import { AppError, CircuitBreaker } from '#platform/core';

/** A request that waits this long makes the edge look whether the other process is still there. */
const WATCH_MS = 4_000;

/** Between two tries, so that a pod that restarts within a moment is not noticed. */
const RETRY_MS = 150;

const TRIES = 3;

export interface ForwardedCall extends Omit<UpstreamRequest, 'body' | 'signal'> {
  /** A fresh body for each try; undefined where there is none. */
  body?: () => AsyncIterable<Uint8Array>;
  signal: AbortSignal;
}

interface Replica {
  upstream: Upstream;
  circuit: CircuitBreaker;
}

/** Where the routes of one context are served: one address or several replicas, taken in turns; those that do not answer are left out for a while. */
export class Destination {
  private readonly replicas: Replica[];
  private turn = 0;

  constructor(readonly context: string, urls: URL[], timeoutMs: number, private readonly watchMs = WATCH_MS) {
    this.replicas = urls.map((url) => ({ upstream: new Upstream(url, context, timeoutMs), circuit: new CircuitBreaker(context) }));
  }

  /**
   * Sends it to a replica, and to the next one when nothing was sent; also when the connection broke, if the method only reads. What
   * may have taken effect is never sent twice.
   */
  async send(call: ForwardedCall): Promise<UpstreamAnswer> {
    for (let tries = 1; ; tries++) {
      const replica = this.next();
      const body = new Started(call.body);
      try {
        const answer = await this.watched(replica, { ...call, body: body.parts });
        replica.circuit.succeeded();
        return answer;
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
        replica.circuit.failed();
        const mayRepeat = !body.started && (error.fault === 'unreachable' || (error.fault === 'lost' && isSafe(call.method)));
        if (!mayRepeat || tries >= TRIES) throw problemOfUpstream(this.context, error);
        if (tries >= this.replicas.length) await pause(RETRY_MS);
        if (call.signal.aborted) throw error;
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.replicas.map(({ upstream }) => upstream.close()));
  }

  private next(): Replica {
    const { replicas } = this;
    const from = this.turn++;
    for (let at = 0; at < replicas.length; at++) {
      const replica = replicas[(from + at) % replicas.length]!;
      if (!replica.circuit.open) return replica;
    }
    replicas[from % replicas.length]!.circuit.assertClosed();
    return replicas[from % replicas.length]!;
  }

  /** An answer may take minutes, a process that hangs never gives one: while it waits, the other's event loop is asked for a sign of life. */
  private async watched({ upstream }: Replica, request: UpstreamRequest): Promise<UpstreamAnswer> {
    const giveUp = new AbortController();
    const dead = new UpstreamError('silent', undefined);
    const watch = setInterval(() => {
      void upstream.alive().then((alive) => {
        if (!alive) giveUp.abort(dead);
      });
    }, this.watchMs);
    try {
      return await upstream.send({ ...request, signal: AbortSignal.any([request.signal, giveUp.signal]) });
    } catch (error) {
      throw giveUp.signal.aborted && !request.signal.aborted ? dead : error;
    } finally {
      clearInterval(watch);
    }
  }
}

/** A body that tells whether any of it was asked for: then it cannot be sent again. */
class Started {
  started = false;
  readonly parts: AsyncIterable<Uint8Array> | null;

  constructor(body: (() => AsyncIterable<Uint8Array>) | undefined) {
    this.parts = body ? this.marked(body) : null;
  }

  private async *marked(body: () => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    this.started = true;
    yield* body();
  }
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function problemOfUpstream(context: string, error: UpstreamError): AppError {
  const details = { context, cause: error.cause ?? error, retryAfterSeconds: 2 };
  switch (error.fault) {
    case 'unreachable':
      return new AppError('unavailable', 'kernel.context-unreachable', `${context} cannot be reached at the moment, so nothing was done. Send the request again in a few seconds.`, details);
    case 'lost':
      return new AppError('unavailable', 'kernel.context-lost', `${context} went away while it worked on this request, which may or may not have taken effect. Look before you send it again, or send it with the same Idempotency-Key.`, details);
    case 'silent':
      return new AppError('deadline', 'kernel.context-silent', `${context} did not answer in time; the request may or may not have taken effect. Look before you send it again, or send it with the same Idempotency-Key.`, details);
  }
}
