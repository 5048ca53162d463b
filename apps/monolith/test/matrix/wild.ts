import type { Chance } from '#platform/testing';
import type { Route } from './routes.js';
import type { Ask } from './wire.js';

/** Texts that parsers, databases and careless handlers read in another way than they were meant. */
const TEXTS = ['', ' ', '0', '-1', '1', '1.5', '1e3', '2147483647', '2147483648', '-2147483649', '9007199254740993', '1e309', 'NaN',
  'Infinity',
  'null', 'undefined', 'true', '[]', '{}', '[object Object]', '__proto__', 'constructor', 'toString', '\u0000', 'a\u0000b', '\ud800',
  '\udc00a',
  '\u202eabc', '\u200b', '\ufeff', 'é', 'e\u0301', 'İ', 'ß', '𝒳', '👩‍👩‍👧', 'ﷺ'.repeat(40), 'a'.repeat(199), 'a'.repeat(5_000),
  "' or 1=1 --", '"', '\\', '%',
  '%s%n', '_', '*', '../../etc/passwd', '..\\', '/', '//evil.example', 'https://evil.example', 'javascript:alert(1)', 'file:///etc/passwd',
  'http://169.254.169.254/', 'http://127.0.0.1:22/', 'a@b', 'a@b.example', '"a\r\nb"@b.example', 'a@[127.0.0.1]',
  `${'a'.repeat(65)}@b.example`,
  'WyJ4Il0', 'WzAuNV0', 'W10', 'bnVsbA', 'WyIyMDI2LTAyLTMwVDAwOjAwOjAwWiJd', 'e30', 'AAAA', '2026-02-30', '2026-13-01', '0000-01-01',
  '9999-12-31',
  '10000-01-01', '2026-W05', '2026-060', '2026-01-31T25:00:00Z', '2026-01-31T12:00:00+99:00', '+002026-01-31T00:00:00Z', '2026-01-31',
  '01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-00000000000G', '00000000-0000-0000-0000-000000000000',
  'userName eq "', 'userName eq "a" and (', 'not (', 'a[b eq 1].c', 'emails[type eq "work"].value', 'search.*', '*', 'search',
  'search.files.',
  'en', 'xx-YY', 'de-DE-1996', 'Europe/Berlin', 'Nowhere/City', '#ff0000', '#ggg', '\n', '\r\nx: y', 'data: x\n\n'];

const OTHERS: unknown[] = [null, true, false, 0, -0, 1, -1, 0.5, 1e21, 1e308, -1e308, 2 ** 31, 2 ** 53, 5e-324, [], [[]], [null], {},
  { a: 1 },
  { length: -1 }, { toJSON: 1 }, { then: 1 }, { $gt: '' }, { '': '' }, [1, 'a', null, {}], Array(50).fill('a'), Array(30).fill({})];

/** What stands in a path as it is, where an id should. */
const PATH_PARTS = ['%00', '%2e%2e', '%2F', '%ff', '%C0%80', '%E0%A4%A', '%', '..', '.', '*', ':id', '%0d%0a', '%EF%BB%BF', ';', '~'];

const HEADERS = ['accept', 'accept-language', 'content-type', 'if-match', 'if-none-match', 'last-event-id', 'idempotency-key', 'range',
  'traceparent',
  'origin', 'referer', 'x-forwarded-for', 'x-atoll-forwarded', 'cookie', 'user-agent', 'expect', 'te'];
const TYPES = ['application/json', 'application/json; charset=utf-16', 'application/scim+json', 'text/plain', 'multipart/form-data',
  'multipart/form-data; boundary=b', 'application/x-www-form-urlencoded', 'application/json, text/html', ';'];

const RAW_BODIES = ['', 'null', '1', '"a"', '[]', '[{}]', '{', '{"a":', '{"a":1}}', '\u0000', '{"a":"\\u0000"}', '{"a":"\\ud800"}',
  '{"__proto__":1}',
  '{"a":1,"a":2}', 'undefined', '{"a":01}', '{"a":1e400}', '--b\r\n\r\n',
  '--b\r\ncontent-disposition: form-data; name="file"; filename="a\u0000.md"\r\n\r\nx\r\n--b--'];

/** One request as somebody might send it who read nothing, or too much; a served one with one to three things wrong. */
export function wildAsk(route: Route, plain: Ask, chance: Chance): Ask {
  const ask: Ask = { ...plain, query: {}, headers: {} };
  const changes = [() => wildPath(route, ask, chance), () => wildQuery(route, ask, chance), () => wildHeader(ask, chance),
    ...(plain.body !== undefined ? [() => wildBody(ask, chance), () => wildBody(ask, chance), () => wildBody(ask, chance)] :
      [() => wholeBody(ask, chance)])];
  for (let left = chance.between(1, 3); left > 0; left--) chance.pick(changes)();
  return ask;
}

function wildText(chance: Chance): string {
  return chance.next() < 0.8 ? chance.pick(TEXTS) : chance.pick(TEXTS) + chance.pick(TEXTS);
}

function wildValue(chance: Chance): unknown {
  return chance.next() < 0.5 ? wildText(chance) : chance.pick(OTHERS);
}

function wildPath({ params, path }: Route, ask: Ask, chance: Chance): void {
  const part = chance.next() < 0.4 ? chance.pick(PATH_PARTS) : encodeURIComponent(wildText(chance).toWellFormed());
  if (params.length === 0) ask.path = chance.next() < 0.2 ? `${path}/${part}` : ask.path;
  else {
    const parts = ask.path.split('/');
    parts[path.split('/').indexOf(`{${chance.pick(params).name}}`)] = part;
    ask.path = parts.join('/');
  }
}

function wildQuery({ queries }: Route, ask: Ask, chance: Chance): void {
  const name = queries.length > 0 && chance.next() < 0.8 ? chance.pick(queries) : wildText(chance).toWellFormed();
  const value = (): string => wildText(chance).toWellFormed();
  ask.query![name] = chance.next() < 0.15 ? [value(), value()] : value();
}

/** Node sends no line breaks and no letters beyond Latin-1 in a header. */
function wildHeader(ask: Ask, chance: Chance): void {
  const name = chance.pick(HEADERS);
  const value = name === 'content-type' ? chance.pick(TYPES) : wildText(chance).replace(/[^\x20-\xff]/g, '').slice(0, 2_000);
  ask.headers![name] = value;
}

function wildBody(ask: Ask, chance: Chance): void {
  const body = ask.body;
  if (typeof body !== 'object' || body === null || Array.isArray(body) || chance.next() < 0.1) return wholeBody(ask, chance);
  const names = Object.keys(body);
  const name = names.length > 0 && chance.next() < 0.85 ? chance.pick(names) : wildText(chance);
  const held = (body as Record<string, unknown>)[name];
  ask.body = { ...body, [name]: chance.next() < 0.3 ? inside(held, chance) : wildValue(chance) };
  if (chance.next() < 0.1) delete (ask.body as Record<string, unknown>)[name];
}

/** A list or object that is as it should be but for one part. */
function inside(held: unknown, chance: Chance): unknown {
  if (Array.isArray(held)) return [...(held as unknown[]), wildValue(chance)];
  if (typeof held !== 'object' || held === null) return [held, wildValue(chance)];
  const names = Object.keys(held);
  return { ...held, [names.length > 0 ? chance.pick(names) : wildText(chance)]: wildValue(chance) };
}

function wholeBody(ask: Ask, chance: Chance): void {
  ask.body = chance.next() < 0.5 ? chance.pick(RAW_BODIES) : JSON.stringify(wildValue(chance));
}
