import type { Dispatcher } from 'undici';
import { Upstream, UpstreamError, type UpstreamRequest } from '#platform/adapters';
import { CircuitBreaker, currentFlow, currentTraceparent, span } from '#platform/core';

/** Between two tries, so that a pod that restarts within a moment is not noticed. */
const RETRY_MS = 150;
const TRIES = 3;

/**
 * Where the routes of one context are served: one address or several replicas, taken in turns; those that do not answer are left out for
 * a while. It is the client that @fastify/reply-from sends with.
 */
export class Replicas {
  private readonly replicas: { upstream: Upstream; circuit: CircuitBreaker }[];
  private turn = 0;

  constructor(readonly context: string, urls: URL[], timeoutMs: number, watchMs?: number) {
    this.replicas = urls.map((url) => ({ upstream: new Upstream(url, context, timeoutMs, watchMs), circuit: new CircuitBreaker(context) }));
  }

  /** One try, ended early when the client of the running request leaves. */
  async send(request: Omit<UpstreamRequest, 'signal'>, { signal, traceparent } = currentFlow()!): Promise<Dispatcher.ResponseData> {
    const { upstream, circuit } = this.next();
    const facts = { 'http.request.method': request.method, 'atoll.context': this.context };
    return span(`forward ${this.context}`, facts, async (running) => {
      try {
        const headers = { ...request.headers, traceparent: currentTraceparent() ?? traceparent };
        const answer = await upstream.request({ ...request, headers, signal: signal! });
        circuit.succeeded();
        running.set({ 'http.response.status_code': answer.statusCode });
        return answer;
      } catch (error) {
        if (error instanceof UpstreamError) circuit.failed();
        throw error;
      }
    }, { kind: 'client' });
  }

  /** Milliseconds until the next try, null where none is made: what may have taken effect is never sent twice. */
  retryDelay(method: string, error: unknown, triesBefore: number): number | null {
    if (!(error instanceof UpstreamError) || triesBefore + 1 >= TRIES) return null;
    const mayRepeat = error.fault === 'unreachable' || (error.fault === 'lost' && (method === 'GET' || method === 'HEAD'));
    if (!mayRepeat) return null;
    return triesBefore + 1 < this.replicas.length ? 1 : RETRY_MS;
  }

  async close(): Promise<void> {
    await Promise.all(this.replicas.map(({ upstream }) => upstream.close()));
  }

  private next(): Replicas['replicas'][number] {
    const { replicas } = this;
    const inTurn = replicas.map((_, at) => replicas[(this.turn + at) % replicas.length]!);
    this.turn += 1;
    const found = inTurn.find(({ circuit }) => !circuit.open);
    if (!found) inTurn[0]!.circuit.assertClosed();
    return found ?? inTurn[0]!;
  }
}
