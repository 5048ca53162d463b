import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { AppError } from '#platform/core';
import type { HttpConfig } from '../config/http.config.js';
import { bodyLimitsOf } from '../body/body-limits.js';
import { UPLOAD_LIMITS } from '../body/uploads.js';

/** Boundaries, headers and fields of a form, beside its files. */
const FORM_WORDS = 1_048_576;

/** The edge's own limit on a body that it hands on unread: of JSON as everywhere, of a form what its largest files come to. */
export function bytesAtMost({ raw, routeOptions }: FastifyRequest, http: HttpConfig): number {
  return raw.headers['content-type']?.startsWith('multipart/') ? http.uploadLimit * UPLOAD_LIMITS.files + FORM_WORDS
    : bodyLimitsOf(routeOptions.config, http).bytes;
}

/** The problem of a body whose length is told beforehand and is too much. */
export function tooLong(request: IncomingMessage, limit: number): AppError | undefined {
  return Number(request.headers['content-length'] ?? 0) > limit ? tooLarge(request) : undefined;
}

/**
 * The body as it comes, ended by a problem past `limit`. Nothing is read before the first part is asked for, and what is left unread stays
 * with the request: destroying it would cut off the answer on the same connection.
 */
export async function* limitedBody(request: IncomingMessage, limit: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > limit) throw tooLarge(request);
    yield chunk;
  }
}

function tooLarge({ headers }: IncomingMessage): AppError {
  return headers['content-type']?.startsWith('multipart/')
    ? new AppError('too-large', 'kernel.upload-too-large',
      'The files are larger than this server accepts, and were not kept. Send smaller ones, or ask the operator to raise ' +
        'ATOLL_UPLOAD_LIMIT.')
    : new AppError('too-large', 'kernel.body-too-large',
      'The body is larger than this server accepts, and was not read. Send less, or ask the operator to raise ATOLL_BODY_LIMIT.');
}
