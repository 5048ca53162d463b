import type { Answer } from './wire.js';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
/**
 * Tokens, keys, links and secrets of authenticators, versions of resources; seconds of the clock, how long things took, how long a
 * conversation has become, how much waits.
 */
const SECRET = /(\beyJ[\w-]+\.[\w-]+\.[\w-]+|\bat[lorvw]_[\w.-]+|\b[A-Z2-7]{32}\b|\blink=[\w.-]+|"takeBack":"[\w.-]+|\batoll-domain=[\w-]+|\bW\/\\?"[\w-]{22}\\?")/g;
const CLOCK = /"(created|expiresIn|iat|exp|pending|\w+Ms|\w+[tT]okens|\w+_tokens)":\d+/g;
/** A vector is that of the text, whoever's id stands in it. */
const VECTOR = /\[-?\d[\d.,e-]+\]/g;
/** Different for every request by their nature. */
const CHANGING = new Set(['x-request-id', 'date', 'ratelimit', 'ratelimit-policy', 'server-timing']);

/** What an answer says, without what differs between any two requests: two answers that tell nothing apart are equal here. */
export function tells({ status, headers, text }: Answer): string {
  const kept = Object.entries(headers)
    .filter(([name]) => !CHANGING.has(name) && (status >= 400 || name !== 'content-length'))
    .map(([name, value]) => `${name}: ${String(value)}`)
    .sort();
  return [status, ...kept, text].join('\n').replace(SECRET, '<secret>').replace(UUID, '<id>').replace(TIME, '<time>').replace(CLOCK,
    '"$1":0').replace(VECTOR, '[numbers]');
}

/** Where two tales part, in few words. */
export function difference(foreign: string, unknown: string): string {
  const [left, right] = [foreign.split('\n'), unknown.split('\n')];
  const at = left.findIndex((line, index) => line !== right[index]);
  return `foreign ${JSON.stringify(left[at]?.slice(0, 200) ?? 'more')}, unknown ${JSON.stringify(right[at]?.slice(0, 200) ?? 'less')}`;
}

/** Ids and words of the other tenant in an answer that were not in the request. */
export function leaked({ text, headers }: Answer, secrets: Iterable<string>, sent: string): string | undefined {
  const whole = `${text}\n${JSON.stringify(headers)}`;
  for (const secret of secrets) if (whole.includes(secret) && !sent.includes(secret)) return secret;
  return undefined;
}
