import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '#platform/core';
import type { HttpConfig } from '../config/http.config.js';
import { type BodyLimits, bodyLimitsOf } from './body-limits.js';

/** A NUL or half of a surrogate pair, as JSON must spell them: rare enough that the value is walked only where one may be. */
const HARD_TO_KEEP = /\\u(0000|d[89a-f])/i;

/**
 * JSON objects as the only bodies beside multipart. `__proto__` and `constructor.prototype` are refused, and what is larger, deeper or of
 * more members than its route takes: before anything is parsed, so that no body costs more than reading its text.
 */
export function readJsonBodies(server: FastifyInstance, http: HttpConfig): void {
  server.addHook('onRoute', (route) => {
    route.bodyLimit = bodyLimitsOf(route.config ?? {}, http).bytes;
  });
  server.removeAllContentTypeParsers();
  const parse = server.getDefaultJsonParser('error', 'error');
  const read = (request: FastifyRequest, body: string | Buffer, done: (error: Error | null, value?: unknown) => void): void => {
    const text = body as string;
    const tooMuch = excess(text, bodyLimitsOf(request.routeOptions.config, http));
    if (tooMuch) return done(tooMuch);
    void parse(request, text, (error, value?: unknown) => {
      if (error) done(error);
      else if (typeof value !== 'object' || value === null || Array.isArray(value)) done(noObject());
      else if (HARD_TO_KEEP.test(text) && holdsBrokenText(value)) done(brokenText());
      else done(null, value);
    });
  };
  server.addContentTypeParser('application/json', { parseAs: 'string' }, read);
  server.addContentTypeParser(/^application\/[a-z0-9.-]+\+json/, { parseAs: 'string' }, read);
}

/** Text that Postgres and UTF-8 cannot hold, in a value or a name; nothing nests deeper than was checked before. */
function holdsBrokenText(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed();
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, one]) => holdsBrokenText(name) || holdsBrokenText(one));
}

const [QUOTE, COMMA, OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [34, 44, 91, 92, 93, 123, 125];

/** Counts brackets and commas outside strings. A list or object counts as one member more than it has commas. */
function excess(text: string, { depth: deepest, members: most }: BodyLimits): AppError | undefined {
  let depth = 0;
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      at = endOfString(text, at);
      continue;
    }
    if (char === CLOSE_LIST || char === CLOSE_OBJECT) depth -= 1;
    else if (char === OPEN_LIST || char === OPEN_OBJECT) depth += 1;
    else if (char !== COMMA) continue;
    if (char !== CLOSE_LIST && char !== CLOSE_OBJECT) members += 1;
    if (depth > deepest) return tooDeep(deepest);
    if (members > most) return tooMany(most);
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, quote: number): boolean {
  let before = quote - 1;
  while (text.charCodeAt(before) === BACKSLASH) before -= 1;
  return (quote - before) % 2 === 0;
}

function tooDeep(deepest: number): AppError {
  return new AppError('invalid', 'kernel.json-depth',
    `The body nests more than ${deepest} levels deep, which nothing of this route does. Flatten it and send it again.`);
}

function tooMany(most: number): AppError {
  return new AppError('too-large', 'kernel.json-members',
    `The body has more than ${most} fields and items, which is more than this route takes at once; it was not read. Send it in parts.`);
}

function noObject(): AppError {
  const errors = [{ pointer: '', detail: 'must be an object' }];
  return new AppError('invalid', 'kernel.validation', 'The body is not a JSON object, so nothing was changed. Send one.', { errors });
}

function brokenText(): AppError {
  return new AppError('invalid', 'kernel.json-text',
    'The body holds a text with a NUL character or half of a surrogate pair, which is no Unicode text; nothing was changed. Take it out ' +
      'and send it again.');
}
