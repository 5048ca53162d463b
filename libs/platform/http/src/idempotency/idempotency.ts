import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, current, type Flow, idFor, keyOf, logger, newId, runInFlow } from '#platform/core';
import { pathOf } from '../problems/send-problem.js';
import { type IdempotencyClaim, type IdempotencyStore, type KeptAnswer, LOCK_SECONDS } from './idempotency.store.js';

const KEY = /^[\x21-\x7e]{1,255}$/;
const MAX_BODY = 1_048_576;

/** Headers that are part of the answer's meaning. */
const KEPT_HEADERS = ['content-type', 'location', 'content-location'];

const log = logger('http');

/**
 * Idempotency-Key on POST routes with a signed-in caller (IETF draft, The Idempotency-Key HTTP Header Field): the same key on the same path
 * by the same actor runs once and is answered the same for 24 hours. The answer commits with its effect (`Flow.keepAnswer`, called by the
 * transaction of `@Audited`), so a process that dies in between leaves either both or nothing; what is made outside of such a transaction
 * has `Flow.effectId` for its id. Only successes are kept: a request that was refused or failed changed
 * nothing and may be sent again under its key. A stream is not recorded; its second request gets a 409 that names where to read on, if the
 * first answer did. Uploads are told apart by their length, since their body is not read before the handler reads it.
 */
export class Idempotency {
  private store?: IdempotencyStore;

  /** Without a store (an edge without a database) the header is ignored. */
  use(store: IdempotencyStore | undefined): void {
    this.store = store;
  }

  /** Fastify preHandler hook of POST routes: the body is there, the handler has not run. */
  readonly before = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const header = request.headers['idempotency-key'];
    const { flow } = request;
    if (header === undefined || !this.store || !flow.scope) return undefined;
    if (typeof header !== 'string' || !KEY.test(header)) {
      throw new AppError('invalid', 'kernel.idempotency-key',
        'The Idempotency-Key header must have 1 to 255 visible ASCII characters; a fresh UUID is best.');
    }
    const key = digest(keyOf(flow.scope.tenantId, 'kernel', 'idempotency', flow.scope.actor.id, pathOf(request.raw.url), header));
    const fingerprint = fingerprintOf(request);
    const claim = { key, fingerprint, claim: newId() };
    const found = await this.store.claim(claim);
    if ('status' in found) return replay(found, fingerprint, reply);
    const renewing = setInterval(() => runInFlow(flow, () => this.store!.renew(claim).catch(() => undefined)), (LOCK_SECONDS * 1_000) / 3)
      .unref();
    flow.idempotency = { ...claim, renewing };
    flow.effectId = idFor(`${key}/${found.since}`);
    flow.keepAnswer = this.keeping(this.store, claim, request, reply);
    return undefined;
  };

  /** Fastify onSend hook of POST routes: the answer is kept before the caller sees it. */
  readonly after = async (request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> => {
    const open = request.flow.idempotency;
    if (!open || !this.store) return payload;
    request.flow.idempotency = undefined;
    clearInterval(open.renewing);
    try {
      if (reply.statusCode >= 300) await this.store.release(open);
      else await this.store.keep(open, answerOf(reply, payload));
    } catch (error) {
      // The work is done: failing now would tell the caller the opposite. The key stays locked for a moment instead.
      log.warn({ error }, 'the answer under an Idempotency-Key was not kept');
    }
    return payload;
  };

  /** Not of what goes on behind the answer, nor of another tenant, whose transaction sees that one's rows alone. */
  private keeping(
    store: IdempotencyStore, claim: IdempotencyClaim, { flow }: FastifyRequest, reply: FastifyReply,
  ): NonNullable<Flow['keepAnswer']> {
    const { tenantId } = flow.scope!;
    return async (query, answer) => {
      if (!flow.idempotency || current().tenantId !== tenantId) return;
      await store.keep(claim, answerOf(reply, answer === undefined ? '' : JSON.stringify(answer)), query);
    };
  }

  /** The answer left as a stream, which nothing keeps. */
  readonly streamed = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const open = request.flow.idempotency;
    if (open) await this.after(request, reply.code(200), undefined);
  };
}

function answerOf(reply: FastifyReply, payload: unknown): Omit<KeptAnswer, 'fingerprint'> {
  const headers = Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => (reply.hasHeader(name) ? [[name, String(reply.getHeader(name))]] : [])));
  if (typeof payload === 'string' && payload !== '') headers['content-type'] ??= 'application/json; charset=utf-8';
  const body = payload === null || payload === '' ? '' : typeof payload === 'string' && payload.length <= MAX_BODY ? payload : null;
  return { status: reply.statusCode, headers, body };
}

function replay(kept: KeptAnswer, fingerprint: string, reply: FastifyReply): unknown {
  if (kept.fingerprint !== fingerprint) {
    throw new AppError('unprocessable', 'kernel.idempotency-reused',
      'This Idempotency-Key was used with another body, so nothing was done. Use a fresh key for a new request.');
  }
  if (kept.status === null) {
    throw new AppError('conflict', 'kernel.idempotency-running',
      'The first request with this Idempotency-Key is still being worked on. Wait a moment and send it again.', { retryAfterSeconds: 1 });
  }
  if (kept.body === null) {
    const location = kept.headers?.['content-location'] ?? kept.headers?.location;
    throw new AppError('conflict', 'kernel.idempotency-not-kept',
      'The first request with this Idempotency-Key was served, by a stream or an answer too large to keep. It was not run again.',
      location === undefined ? {} : { location });
  }
  return reply.code(kept.status).headers({ ...kept.headers, 'idempotency-replayed': 'true' }).send(kept.body);
}

function fingerprintOf(request: FastifyRequest): string {
  const type = request.headers['content-type'] ?? '';
  return type.startsWith('multipart/') ? `multipart:${request.headers['content-length'] ?? 'chunked'}`
    : digest(JSON.stringify(request.body) ?? '');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
