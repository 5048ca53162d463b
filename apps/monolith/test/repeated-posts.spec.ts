import { jest } from '@jest/globals';
import { IdempotencyStore } from '#platform/http';
import { newId } from '#platform/core';
import { bootContexts, type BootedContexts, withClient } from '#platform/testing';
import { contexts } from '../../contexts.js';
import { MAKERS } from './matrix/makers.js';
import { newOwner } from './matrix/people.js';
import { kindsOf, type OpenApi, type Route, routesOf } from './matrix/routes.js';
import { BODIES } from './matrix/samples.js';
import { plainAsk } from './matrix/shapes.js';
import { type Answer, Wire } from './matrix/wire.js';

/** Bodies that are served here, where the owner's tenant has a name that is known. */
const SERVED: Record<string, () => object> = { 'POST /v1/tenant/deletion': () => ({ name: TENANT }) };

const TENANT = 'Harbour';

/** Routes whose answer does not commit with an effect, and why a second one does no harm. */
const HARMLESS: Record<string, string> = {
  'POST /v1/search': 'reads',
  'POST /v1/knowledge/files': 'the same bytes under the same name are the file that is there',
  'POST /v1/embeddings': 'computes, and keeps nothing',
  'POST /v1/conversations/{id}/messages': 'the run has an id that follows from the key: it is read again',
  'POST /v1/chat/completions': 'the run has an id that follows from the key: it is read again',
  'POST /v1/runs/{id}/cancel': 'a run is stopped once',
  'POST /v1/auth/logout': 'the session has ended, and says so',
  'POST /v1/auth/switch': 'a session whose tokens nobody heard of ends by its time',
  'POST /v1/me/verify-email': 'one more e-mail; its link ends the one before',
  'POST /v1/me/email': 'one more e-mail; its link ends the one before',
  'POST /v1/me/password': 'the same password again',
  'POST /v1/me/second-factor': 'a new secret in place of one that nobody saw',
  'POST /v1/tenant/deletion': 'the tenant is shut, and says so',
};

/** Routes that need the world outside, a factor in force or another owner to be served. */
const REFUSED = ['POST /v1/me/second-factor/confirm', 'POST /v1/me/second-factor/recovery-codes', 'POST /v1/me/second-factor/remove',
  'POST /v1/me/external-logins', 'POST /v1/identity-providers', 'POST /v1/domains/{id}/verify', 'POST /scim/v2/Users',
  'POST /v1/audit/webhooks', 'POST /v1/me/erasure'];

describe('a POST that is repeated under its Idempotency-Key after its process died behind the effect', () => {
  let booted: BootedContexts;
  let wire: Wire;
  let routes: Route[];

  beforeAll(async () => {
    const wirings = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
    booted = await bootContexts(wirings, { env: { ATOLL_LOG_LEVEL: 'silent' } });
    wire = new Wire(booted.app);
    routes = routesOf(await wire.need<OpenApi>({ method: 'GET', path: '/openapi.json' }));
    // The process dies before it keeps the answer by itself: what stays is what committed with the effect.
    const keep = IdempotencyStore.prototype.keep;
    jest.spyOn(IdempotencyStore.prototype, 'keep').mockImplementation(function (this: IdempotencyStore, claim, answer, query) {
      return query ? keep.call(this, claim, answer, query) : Promise.resolve();
    });
  }, 120_000);
  afterAll(async () => {
    jest.restoreAllMocks();
    await booted?.close();
  });

  /** The answer of the first one, which nobody heard, and of the second. */
  const twice = async (route: Route): Promise<[Answer, Answer]> => {
    const owner = await newOwner(wire, TENANT);
    const own: Record<string, string> = { owner: owner.userId, tenant: owner.tenantId };
    for (const kind of kindsOf(route)) own[kind] = await MAKERS[kind]!({ wire, admin: booted.admin }, owner);
    const body = (SERVED[route.name] ?? BODIES[route.name] ?? route.body)?.(owner, own);
    const ask = { ...plainAsk(route, own, body), headers: { 'idempotency-key': newId() } };
    const first = await wire.send(ask, owner.token);
    await withClient(booted.admin, (client) =>
      client.query(`update kernel.idempotency set locked_until = now() - interval '1 second' where status is null`));
    return [first, await wire.send(ask, owner.token)];
  };

  it('is answered the same, and nothing is made twice, on every route', async () => {
    const others: Record<string, string> = {};
    const refused: string[] = [];
    for (const route of routes) {
      if (route.method !== 'POST' || route.public || route.path.startsWith('/v1/operator/')) continue;
      const [first, second] = await twice(route);
      const replayed = second.headers['idempotency-replayed'] === 'true' && second.status === first.status && second.text === first.text;
      if (first.status >= 300) refused.push(route.name);
      else if (!replayed) others[route.name] = [first, second].map(({ status, text }) => `${status} ${text.slice(0, 200)}`).join(' | ');
    }
    expect(Object.entries(others).filter(([name]) => !(name in HARMLESS))).toEqual([]);
    expect(refused.sort()).toEqual([...REFUSED].sort());
  }, 300_000);

  it('takes a file again for the one that is there', async () => {
    const [first, second] = await twice(routes.find(({ name }) => name === 'POST /v1/knowledge/files')!);
    const idOf = ({ text }: Answer): unknown => (JSON.parse(text) as { id: string }).id;
    expect([second.status, idOf(second)]).toEqual([202, idOf(first)]);
  });

  it('reads the run again that was begun under the key, and asks nothing twice', async () => {
    const owner = await newOwner(wire, TENANT);
    const { id } = await wire.need<{ id: string }>({ method: 'POST', path: '/v1/conversations', body: {} }, owner.token);
    const messages = `/v1/conversations/${id}/messages`;
    const body = { model: 'default', messages: [{ role: 'user', content: 'When does the ferry leave?' }] };
    for (const ask of [{ path: messages, body: { text: 'When does the ferry leave?' } }, { path: '/v1/chat/completions', body },
      { path: '/v1/chat/completions', body: { ...body, stream: true } }]) {
      const request = { method: 'POST', ...ask, headers: { 'idempotency-key': newId() } };
      const first = await wire.send(request, owner.token);
      await withClient(booted.admin, (client) =>
        client.query(`update kernel.idempotency set locked_until = now() - interval '1 second' where status is null`));
      const second = await wire.send(request, owner.token);
      expect([second.status, second.text]).toEqual([200, first.text]);
    }
    const { items } = await wire.need<{ items: { role: string }[] }>({ method: 'GET', path: messages }, owner.token);
    expect(items.map(({ role }) => role)).toEqual(['user', 'assistant']);
  });
});
