import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Flow, newTraceparent, randomHex, type Scope } from '#platform/core';
import type { IdempotencyClaim } from '../idempotency/idempotency.store.js';
import type { ForwardedRequest } from './trusted-forwarder.js';

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-|$)/;

/** The trace of the caller (W3C traceparent) with a span id of our own, or undefined when there is none that can be believed. */
function continueTrace(incoming: string | string[] | undefined): string | undefined {
  const match = typeof incoming === 'string' ? TRACEPARENT.exec(incoming) : null;
  return match ? `00-${match[1]}-${randomHex(8)}-${match[2]}` : undefined;
}

/** The flow of one HTTP request, opened before anything of the request is believed. */
export class RequestFlow implements Flow {
  readonly requestId: string;
  /** Milliseconds of the process's own clock. */
  readonly startedAt = performance.now();
  traceparent: string;
  /** The traceparent header of the caller, where it sent a valid one. */
  readonly callerTrace?: string;
  causation?: string;
  scope?: Scope;
  work?: unknown;
  /** The Idempotency-Key this request holds while it is at work. */
  idempotency?: IdempotencyClaim & { renewing: NodeJS.Timeout };
  keepAnswer?: Flow['keepAnswer'];
  effectId?: string;
  /** Ends the server span of this request, while tracing is on. */
  endSpan?: (status: number) => void;
  /** Answered by a stream: its length in time says nothing of speed. */
  streamed = false;
  /** What went wrong, for the access log: `reason` of the problem that was sent. */
  refused?: string;
  private controller?: AbortController;

  /** `forwarded` says that another process of the house took this request in, and from whom. */
  constructor(request: IncomingMessage, private readonly response: ServerResponse, readonly forwarded?: ForwardedRequest) {
    this.requestId = forwarded?.requestId ?? randomUUID();
    const header = request.headers.traceparent;
    const continued = header === undefined ? undefined : continueTrace(header);
    if (continued !== undefined) this.callerTrace = header as string;
    this.traceparent = continued ?? newTraceparent();
  }

  /** Aborted when the connection closes before the answer is whole. Made on first use: most requests never ask. */
  get signal(): AbortSignal {
    if (!this.controller) {
      const controller = new AbortController();
      this.controller = controller;
      const closed = (): void => {
        if (!this.response.writableFinished) controller.abort();
      };
      if (this.response.closed || this.response.destroyed) closed();
      else this.response.once('close', closed);
    }
    return this.controller.signal;
  }
}
