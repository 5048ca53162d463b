import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Canary } from '#platform/testing';
import { Refused, type StreamedEvent, type User } from '../user.js';
import type { Journal } from './journal.js';

/** Answers that say "not now": while something is dead they are right, and the request is sent again. */
const NOT_NOW = [429, 503, 504, 507];

/**
 * Longest that anything may be without an answer, or a stream without an event: far beyond what any fault lasts, also on a machine that is
 * short of breath.
 */
const HANGS_MS = 90_000;

const AGAIN_MS = 250;

/** A tenant's person, who sends again what was refused and notes whatever should not have been answered. */
export class Person {
  constructor(
    readonly tenant: string,
    readonly user: User,
    readonly canary: Canary,
    readonly journal: Journal,
  ) {}

  /**
   * Sends a POST under one Idempotency-Key until it is accepted; undefined when it never was, and may or may not have happened. `body` is
   * made anew for each try.
   */
  async insist<T>(path: string, body: () => unknown, { patienceMs = 20_000 } = {}): Promise<T | undefined> {
    const key = randomUUID();
    const answer = await this.until<{ accepted?: T }>(patienceMs, async () => {
      const { status, body: told } = await this.send('POST', path, body(), { 'idempotency-key': key });
      if (status < 300) return { accepted: told as T };
      if (this.isRefusal(status, told)) return undefined;
      this.odd(`POST ${path}`, status, told);
      return {};
    });
    return answer?.accepted;
  }

  /** Asks until there is an answer that is none of "not now". */
  async look<T>(path: string, { method = 'GET', patienceMs = 30_000 } = {}): Promise<{ status: number; body: T }> {
    const seen = await this.until(patienceMs, async () => {
      const answer = await this.send(method, path);
      return this.isRefusal(answer.status, answer.body) ? undefined : (answer as { status: number; body: T });
    });
    if (!seen) throw new Error(`${this.tenant}: ${method} ${path} was refused for ${patienceMs} ms`);
    if (seen.status >= 500) this.odd(`${method} ${path}`, seen.status, seen.body);
    return seen;
  }

  /** All pages of a list. */
  async all<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { status, body }: { status: number;
        body: { items: T[]; nextCursor: string | null } } = await this.look(`${path}?limit=100${cursor && `&cursor=${cursor}`}`);
      if (status !== 200) throw new Error(`${this.tenant}: GET ${path} was answered with ${status}`);
      items.push(...body.items);
      cursor = body.nextCursor;
    }
    return items;
  }

  /** Events until the stream ends or breaks; a refusal to begin is thrown. */
  async *events(method: string, path: string,
    options: { body?: unknown; headers?: Record<string, string> }): AsyncGenerator<StreamedEvent> {
    const stream = this.user.stream(method, path, options);
    try {
      for (;;) {
        const { done, value } = await this.inTime(`${method} ${path}`, stream.next());
        if (done || value === undefined) return;
        this.journal.watch(this.tenant, `${method} ${path}`, value);
        yield value;
      }
    } finally {
      // A stream that hangs cannot be asked to end; nobody waits for it.
      void stream.return(undefined).catch(() => undefined);
    }
  }

  async send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<{ status: number; body: unknown }> {
    try {
      const answer = await this.inTime(`${method} ${path}`, this.user.send<unknown>(method, path, body, headers));
      this.journal.watch(this.tenant, `${method} ${path}`, answer.body);
      return answer;
    } catch (error) {
      if (error instanceof Hangs) throw error;
      return { status: 503, body: { type: 'broken connection' } };
    }
  }

  /** Whether this is a "not now", which is counted. */
  isRefusal(status: number, body: unknown): boolean {
    const type = (body as { type?: string } | undefined)?.type ?? '';
    const refused = NOT_NOW.includes(status) || (status === 409 && /idempotency-running|conversation-busy/.test(type));
    if (refused) this.journal.refuse(`${status} ${type.replace('urn:atoll:problem:', '')}`);
    return refused;
  }

  /** Of a thrown error: a stream that was refused, or broke. */
  refusalOf(error: unknown): { status: number; body: { type?: string; location?: string } } {
    if (!(error instanceof Refused)) return { status: 503, body: { type: 'broken stream' } };
    try {
      return { status: error.status, body: JSON.parse(error.text) as { type?: string } };
    } catch {
      return { status: error.status, body: { type: error.text } };
    }
  }

  odd(what: string, status: number, told: unknown): void {
    this.journal.odd.push(`${what}: ${status} ${JSON.stringify(told)?.slice(0, 400)}`);
  }

  private async until<T>(patienceMs: number, once: () => Promise<T | undefined>): Promise<T | undefined> {
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await pause(AGAIN_MS)) {
      try {
        const got = await once();
        if (got !== undefined) return got;
      } catch (error) {
        if (!(error instanceof Hangs)) throw error;
        return undefined;
      }
    }
    return undefined;
  }

  private async inTime<T>(what: string, work: Promise<T>): Promise<T> {
    const over = new AbortController();
    const late = pause(HANGS_MS, undefined, { signal: over.signal, ref: false }).then(() => {
      this.journal.odd.push(`${what}: no answer within ${HANGS_MS} ms`);
      throw new Hangs(what);
    });
    late.catch(() => undefined);
    work.catch(() => undefined);
    try {
      return await Promise.race([work, late]);
    } finally {
      over.abort();
    }
  }
}

class Hangs extends Error {}
