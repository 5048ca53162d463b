import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '#platform/core';
import { ProviderRefusal, refusalFrom } from './provider-refusal.js';
import { namedField, RefusedFields, refusedField, type RequestBody, without } from './request-fields.js';
import { repaired } from './wire/repaired.js';

export interface SendingRules {
  /** Times a request is sent again that was refused for the moment, or reached nobody. */
  retries: number;
  /** Who is told to wait longer than this is not asked again. */
  longestPauseMs: number;
}

const LONGEST_REFUSAL_BYTES = 65_536;
/** Fields refused one after the other by one request. */
const MOST_REFUSALS = 6;
/** The first pause before a request is sent again; each later one is twice as long. */
const PAUSE_MS = 500;

/**
 * A `fetch` for chat completions of servers that speak OpenAI's protocol more or less: what may pass is sent again after the pause the
 * server asks for, a field it refuses is left out from then on, and the answer comes in OpenAI's own form. What the server says in place
 * of an answer is thrown as a `ProviderRefusal`, also where it says so with status 200.
 */
export function compatibleFetch(send: typeof globalThis.fetch, rules: SendingRules): typeof globalThis.fetch {
  const known = new RefusedFields();
  return async (input, init) => {
    const asked = JSON.parse(init?.body as string) as RequestBody;
    const refused = new Set(known.of(asked['model']));
    const before = refused.size;
    for (let tries = 0; ; tries++) {
      const request = without(asked, refused);
      const body = JSON.stringify(request);
      try {
        const response = await sendAgain(() => send(input, { ...init, headers: sized(init?.headers), body }), init?.signal, rules);
        if (refused.size > before) known.remember(asked['model'], refused);
        return answered(response, body, request);
      } catch (error) {
        if (!(error instanceof ProviderRefusal)) throw error;
        const field = tries < MOST_REFUSALS ? refusedField(request, error) : null;
        if (!field) throw new ProviderRefusal({ ...error.refused, param: namedField(request, error) }, error.kind);
        for (const name of field) refused.add(name);
      }
    }
  };
}

async function sendAgain(send: () => Promise<Response>, signal: AbortSignal | null | undefined, rules: SendingRules): Promise<Response> {
  for (let tries = 0; ; tries++) {
    try {
      const response = await send();
      if (response.ok && response.body) return response;
      throw refusalFrom(await beginningOf(response), response.status, response.headers);
    } catch (error) {
      const wait = tries < rules.retries && !signal?.aborted ? pauseAfter(error, tries) : undefined;
      if (wait === undefined || wait > rules.longestPauseMs) throw error;
      await pause(wait, undefined, signal ? { signal } : {});
    }
  }
}

/** Milliseconds until another try may help; undefined where none does. */
function pauseAfter(error: unknown, tries: number): number | undefined {
  const usual = PAUSE_MS * 2 ** tries;
  if (error instanceof ProviderRefusal) {
    const { kind, refused: { retryAfterSeconds, status } } = error;
    const mayPass = kind === 'busy' || (kind === 'failed' && status !== 501);
    return mayPass ? (retryAfterSeconds === undefined ? usual : retryAfterSeconds * 1000) : undefined;
  }
  return error instanceof AppError && error.code === 'unavailable' ? usual : undefined;
}

function answered(response: Response, body: string, { max_tokens: limit, max_completion_tokens: other }: RequestBody): Response {
  const maxTokens = Number(limit ?? other ?? 0);
  const stream = ReadableStream.from(repaired(response.body!, Buffer.byteLength(body), maxTokens)) as ReadableStream<Uint8Array>;
  return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
}

/** The body may have another length than the caller's. */
function sized(headers: RequestInit['headers']): Headers {
  const sent = new Headers(headers);
  sent.delete('content-length');
  return sent;
}

/** As much of a refusal as is worth reading. */
async function beginningOf(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece as Uint8Array, { stream: true });
      if (text.length > LONGEST_REFUSAL_BYTES) break;
    }
  } catch {
    // The status says enough.
  }
  return text.slice(0, LONGEST_REFUSAL_BYTES);
}
