import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { newId } from '#platform/core';
import { bootContexts, type BootedContexts, engines, repoRoot } from '#platform/testing';
import { contexts } from '../../contexts.js';
import { BODIES } from './matrix/samples.js';
import { plainAsk } from './matrix/shapes.js';
import { Stage } from './matrix/stage.js';
import { kindsOf, type Route } from './matrix/routes.js';
import type { Answer, Ask } from './matrix/wire.js';

/** What a body must not be able to set, whatever it is a body of. */
const NOT_YOURS: Record<string, unknown> = {
  tenantId: newId(), tenant_id: newId(), ownerId: newId(), userId: newId(), createdBy: newId(), identityId: newId(), role: 'owner',
  roles: ['owner'], permissions: ['*'],
  plan: 'enterprise', status: 'active', isAdmin: true, emailVerifiedAt: '2026-01-01T00:00:00Z', passwordHash: 'x',
  createdAt: '2020-01-01T00:00:00Z', secretHash: 'x', lastUsedAt: null,
};

const POLLUTION = ['{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}',
  '{"a":{"__proto__":{"polluted":true}}}', '{"a":[{"constructor":{"prototype":{"polluted":true}}}]}'];

/** Texts that make a careless pattern try for ever. */
const SLOW = ['a'.repeat(30_000) + '!', `${'a@'.repeat(15_000)}`, ' '.repeat(30_000) + 'x', '.'.repeat(30_000), `a@${'a.'.repeat(15_000)}`,
  '-'.repeat(30_000) + '\n', '0'.repeat(30_000) + 'e', `https://${'a'.repeat(30_000)}`, '/'.repeat(30_000), 'ﷺ'.repeat(10_000)];

/** What is no text, or none that a database holds. */
const STRANGE: unknown[] = [null, true, 1e308, -1, 0.1, '', '\u0000', 'a\u0000b', '\ud800', '\u202e', {}, [], [[]], [null], { length: 1 },
  { toString: 'x' }, { then: 'x' }];

/** What no body opens for the owner who speaks here. */
function isOperators({ path, public: open }: Pick<Route, 'path' | 'public'>): boolean {
  return path.startsWith('/v1/operator/') && !open;
}

/** No answer takes longer, on a machine that does other things as well. */
const SLOW_MS = 2_000;

describe.each(engines.slice(0, 1))('what every route survives, on %s', (engine) => {
  let booted: BootedContexts;
  let stage: Stage;
  let writing: Route[];
  let all: Route[];

  beforeAll(async () => {
    execFileSync(process.execPath, [join(repoRoot(), 'tools/openapi-metadata.mjs')], { cwd: repoRoot() });
    booted = await bootContexts(await Promise.all(contexts.map(async ({ load }) => (await load()).context)),
      { engine, env: { ATOLL_BODY_LIMIT: '262144' } });
    stage = await Stage.set(booted);
    all = await stage.routes();
    // What ends the credential it was asked with is specced where it belongs.
    // So is what operators do.
    writing = all.filter(({ body, name, ...route }) =>
      body !== undefined && !isOperators(route) && !['POST /v1/auth/logout', 'POST /v1/me/password'].includes(name));
  }, 120_000);
  afterAll(() => booted?.close());

  async function askOf(route: Route): Promise<Ask & { body?: Record<string, unknown> }> {
    const { owner } = stage.attackers;
    const own = await stage.ownOf(owner, kindsOf(route));
    return plainAsk(route, own, BODIES[route.name] ? BODIES[route.name]!(owner, own) : route.body?.()) as Ask
      & { body?: Record<string, unknown> };
  }

  const send = (ask: Ask): Promise<Answer> => stage.wire.send(ask, stage.attackers.owner.token);
  const typed = (route: Route): boolean => Object.keys((route.wholeBody?.() ?? {}) as object).length > 0;

  it('no body sets what is not the caller’s to set', async () => {
    expect(writing.filter(typed).length).toBeGreaterThan(15);
    const taken: string[] = [];
    for (const route of writing.filter(typed)) {
      const known = Object.keys(route.wholeBody!() as object);
      for (const [field, value] of Object.entries(NOT_YOURS)) {
        if (known.includes(field)) continue;
        const ask = await askOf(route);
        const { status, text } = await send({ ...ask, body: { ...ask.body, [field]: value } });
        if (status !== 400 || !text.includes(`"/${field}"`)) taken.push(`${route.name} ${field}: ${status}`);
      }
    }
    expect(taken).toEqual([]);
  }, 60_000);

  it('no body, query or header reaches a prototype', async () => {
    const wrong: string[] = [];
    for (const route of all) {
      const ask = await askOf(route);
      for (const body of route.body && !isOperators(route) ? POLLUTION : []) {
        const { status } = await send({ ...ask, body });
        if (status !== 400) wrong.push(`${route.name} ${body}: ${status}`);
      }
      if (route.method !== 'GET') continue;
      for (const name of ['__proto__[polluted]', 'constructor.prototype.polluted', '__proto__.polluted', '__proto__', 'toString']) {
        const { status } = await send({ ...ask, query: Object.fromEntries([[name, 'true']]) });
        if (status >= 500) wrong.push(`${route.name} ?${name}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  }, 60_000);

  it('a body that is too deep, too large, broken or of another type changes nothing and is told so', async () => {
    const wrong: string[] = [];
    const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    for (const route of writing) {
      const ask = await askOf(route);
      for (const [body, status] of [[deep(33), 400], [deep(150_000), 413], [`{"a":${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}}`, 400],
        [`{"a":"${'x'.repeat(262_144)}"}`, 413], ['{"a":', 400], ['', 400], ['\ufeff{}', 400], ['NaN', 400]] as const) {
        const answer = await send({ ...ask, body });
        // A byte order mark may be taken for what it is; the empty object behind it is refused, or all a route needs.
        if (answer.status !== status && !body.startsWith('\ufeff')) wrong.push(`${route.name} ${body.slice(0, 20)}: ${answer.status}`);
      }
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
        const answer = await send({ ...ask, headers: { 'content-type': type }, body: 'a=b' });
        if (answer.status !== 415) wrong.push(`${route.name} ${type}: ${answer.status}`);
      }
    }
    expect(wrong).toEqual([]);
  }, 60_000);

  it('no text makes a route slow, and nothing makes it fail', async () => {
    const wrong: string[] = [];
    const told = async (route: Route, what: string, ask: Ask): Promise<void> => {
      const started = performance.now();
      const { status } = await send(ask);
      if (status >= 500) wrong.push(`${route.name} ${what}: ${status}`);
      if (performance.now() - started > SLOW_MS) wrong.push(`${route.name} ${what}: ${Math.round(performance.now() - started)} ms`);
    };
    for (const route of writing) {
      const fields = Object.keys({ ...(route.wholeBody?.() as object), ...((await askOf(route)).body ?? {}) });
      for (const field of fields) {
        for (const value of [...SLOW, ...STRANGE]) {
          const ask = await askOf(route);
          await told(route, `${field} = ${JSON.stringify(value)?.slice(0, 30)}`, { ...ask, body: { ...ask.body, [field]: value } });
        }
      }
    }
    for (const route of all.filter(({ method }) => method === 'GET')) {
      for (const query of route.queries) {
        for (const value of ['\u0000', '%00', '9'.repeat(400), '-1', 'NaN', '[]', 'a'.repeat(5_000), '\ud83d', "' or 1=1 --"])
          await told(route, `?${query}=${JSON.stringify(value).slice(0, 20)}`, { ...(await askOf(route)), query: { [query]: value } });
      }
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  it('no answer repeats the host it was asked by, and none goes where a parameter says', async () => {
    const wrong: string[] = [];
    for (const route of all) {
      if (route.method === 'DELETE' || (route.body && !writing.includes(route)) || route.form) continue;
      const ask = await askOf(route);
      const answer = await send({ ...ask, headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'gopher', origin: 'https://evil.example', referer: 'https://evil.example/' } });
      const led = await send({ ...ask, query: { returnTo: 'https://evil.example', next: '//evil.example',
        redirect_uri: 'https://evil.example' } });
      for (const one of [answer, led]) {
        if (/evil\.example|gopher/.test(one.text + JSON.stringify(one.headers))) wrong.push(`${route.name}: repeats the host`);
        if (one.status >= 300 && one.status < 400) wrong.push(`${route.name}: redirects`);
        if (one.headers['set-cookie'] !== undefined) wrong.push(`${route.name}: sets a cookie`);
      }
    }
    expect(wrong).toEqual([]);
  }, 60_000);
});
