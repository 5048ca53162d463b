import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '#platform/core';

/** Deeper than any body of the API, shallow enough for everything that walks a body by recursion. */
const MAX_DEPTH = 32;

/** A NUL or half of a surrogate pair, as JSON must spell them: rare enough that the value is walked only where one may be. */
const HARD_TO_KEEP = /\\u(0000|d[89a-f])/i;

/** JSON as the only body type beside multipart: `__proto__` and `constructor.prototype` are refused, and so is what nests too deep. */
export function readJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  const parse = server.getDefaultJsonParser('error', 'error');
  const read = (request: FastifyRequest, body: string | Buffer, done: (error: Error | null, value?: unknown) => void): void => {
    if (nestsTooDeep(body as string)) {
      done(new AppError('invalid', 'kernel.json-depth',
        `The body nests more than ${MAX_DEPTH} levels deep; nothing of Atoll's API does. Flatten it and send it again.`));
      return;
    }
    void parse(request, body as string, (error, value?: unknown) => {
      if (!error && HARD_TO_KEEP.test(body as string) && holdsBrokenText(value)) done(brokenText());
      else done(error, value);
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

function brokenText(): AppError {
  return new AppError('invalid', 'kernel.json-text',
    'The body holds a text with a NUL character or half of a surrogate pair, which is no Unicode text; nothing was changed. Take it out ' +
      'and send it again.');
}

/** Counts brackets outside strings; runs before anything is parsed. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === 92) at += 1;
      else if (char === 34) inString = false;
    } else if (char === 34) inString = true;
    else if (char === 91 || char === 123) {
      if (++depth > MAX_DEPTH) return true;
    } else if (char === 93 || char === 125) depth -= 1;
  }
  return false;
}
