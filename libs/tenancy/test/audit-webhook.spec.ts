import { Db } from '#platform/database';
import { createEdge } from '#platform/runtime';
import { newId } from '#platform/core';
import { asTenant, engines, eventually, testDatabase } from '#platform/testing';
import { TenancyModule, context } from '#tenancy/module';
import { AuditService } from '../src/compliance/audit/audit.service.js';
import { hashOf } from '../src/compliance/audit/chain.js';
import { WebhookEndpoint } from '../src/compliance/audit-webhook/endpoint.js';
import { WebhookService } from '../src/compliance/audit-webhook/webhook.service.js';
import { House, type SignedInBody } from './house.js';
import { type Received, WebhookReceiver, isSigned } from './webhook-receiver.js';

const path = '/v1/audit/webhooks';

describe.each(engines)('audit webhooks on %s', (engine) => {
  let house: House;
  let receiver: WebhookReceiver;
  let owner: SignedInBody;
  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    house = await House.open(engine, { ATOLL_WEBHOOK_PRIVATE_ORIGINS: receiver.origin });
  });
  beforeEach(async () => {
    receiver.answer = 204;
    receiver.received.length = 0;
    owner = await house.register();
    await eventually(async () => expect((await end()).items[0]?.sequence).toBe(3));
  });
  afterAll(async () => {
    await house?.close();
    receiver?.stop();
  });

  const end = async () => (await house.ask('GET', '/v1/audit?limit=1',
    { token: owner.accessToken })).body as { items: { sequence: number }[] };
  const create = (body: object = {}) =>
    house.ask('POST', path, { token: owner.accessToken, body: { name: 'SIEM', url: `${receiver.origin}/audit`, ...body } });
  const view = async (id: string) => (await house.ask('GET', `${path}/${id}`, { token: owner.accessToken })).body;
  const change = (id: string, body: object, token = owner.accessToken) => house.ask('PATCH', `${path}/${id}`, { token, body });
  const rename = (name = newId()) => house.ask('PATCH', '/v1/me', { token: owner.accessToken, body: { name } });
  const caughtUp = (id: string, delivered: number) =>
    eventually(async () => expect(await view(id)).toMatchObject({ state: 'active', delivered, pending: 0, fault: null }));
  /** What a receiver keeps that drops repeats by their id. */
  const kept = (): number[] =>
    [...new Map(receiver.received.map((one): [string, Received] => [one.id, one])).values()].flatMap(({ sequences }) => sequences);
  const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, at) => first + at);

  it('send what is written from now on, signed, in order, with the text that was hashed', async () => {
    const { status, body: hook } = await create();
    expect([status, hook]).toEqual([201,
      expect.objectContaining({ state: 'active', delivered: 3, pending: 0, secret: expect.stringMatching(/^whsec_/) })]);
    await Promise.all(Array.from({ length: 12 }, () => rename()));
    await caughtUp(hook.id, 16);
    expect(kept()).toEqual(upTo(16, 4));
    expect(receiver.received[0]!.actions[0]).toBe('tenancy.audit-webhook.created');
    for (const one of receiver.received) {
      expect([isSigned(one, hook.secret), isSigned(one, `${hook.secret.slice(0, -6)}AAAAA=`),
        isSigned({ ...one, body: `${one.body} ` }, hook.secret)]).toEqual([true, false, false]);
      for (const [, entry, hash] of one.body.matchAll(/\{"entry":(\{.*?\}),"hash":"([0-9a-f]{64})"\}/g)) expect(hashOf(entry!)).toBe(hash);
    }
    expect(JSON.stringify(await view(hook.id))).not.toContain('whsec_');
    expect(JSON.stringify(await house.inTenant(owner.tenant.id, () => house.db.query('select * from tenancy.audit_webhook'))))
      .not.toContain(hook.secret);
  });

  it('send the whole log in batches of a hundred', async () => {
    await house.inTenant(owner.tenant.id, () => house.db.tx(async () => {
      for (let left = 240; left > 0; left--) await house.get(AuditService)
        .append({ id: newId(), at: new Date(), action: 'tenancy.profile.changed', target: null, detail: { left }, requestId: null });
    }));
    const { body: hook } = await create({ after: 0 });
    await caughtUp(hook.id, 244);
    expect(receiver.received.map(({ sequences }) => sequences.length).slice(0, 2)).toEqual([100, 100]);
    expect(kept()).toEqual(upTo(244));
    expect((await create({ after: 1_000_000 })).status).toBe(422);
  });

  it.each([500, 302, 'drop'] as const)('meet %s, say so, send the same again, and leave no gap', async (answer) => {
    const { body: hook } = await create();
    await caughtUp(hook.id, 4);
    receiver.answer = answer;
    await rename();
    await eventually(async () => expect(await view(hook.id))
      .toMatchObject({ state: 'failing', delivered: 4, pending: 1, fault: expect.stringContaining('127.0.0.1'),
        failingSince: expect.any(String), nextTryAt: expect.any(String) }));
    await rename();
    await rename();
    await eventually(async () => expect((await view(hook.id)).pending).toBe(3));
    receiver.answer = 204;
    await caughtUp(hook.id, 7);
    const tries = receiver.received.filter(({ sequences }) => sequences[0] === 5);
    expect(tries.length).toBeGreaterThan(1);
    expect([new Set(tries.map(({ id }) => id)).size, new Set(tries.map(({ body }) => body)).size]).toEqual([1, 1]);
    expect(kept()).toEqual(upTo(7, 4));
  });

  it('that never answer hold up nobody else, and are told late', async () => {
    const slow = await WebhookReceiver.start();
    slow.answer = 'silent';
    const { body: hook } = await create();
    const endpoint = house.get(WebhookEndpoint) as unknown as { config: { webhookPrivateOrigins: string[] }; answerMs: number };
    endpoint.answerMs = 2_000;
    endpoint.config.webhookPrivateOrigins.push(slow.origin);
    const { body: second } = await create({ url: slow.origin });
    await eventually(() => expect(slow.received).toHaveLength(1));
    await rename();
    await caughtUp(hook.id, 6);
    expect(await view(second.id)).toMatchObject({ delivered: second.delivered, pending: 6 - second.delivered });
    await eventually(async () =>
      expect(await view(second.id)).toMatchObject({ state: 'failing', fault: '127.0.0.1 did not answer within 2 seconds.' }));
    endpoint.answerMs = 10_000;
    slow.stop();
  });

  it('are disabled by a 410 or after days, audited, and go on where they stopped when enabled again', async () => {
    const { body: hook } = await create();
    await caughtUp(hook.id, 4);
    receiver.answer = 410;
    await rename();
    await eventually(async () => expect(await view(hook.id))
      .toMatchObject({ state: 'disabled', enabled: false, fault: expect.stringContaining('410'), delivered: 4, pending: 2 }));
    receiver.answer = 500;
    expect((await change(hook.id, { enabled: true })).body).toMatchObject({ enabled: true, fault: null });
    await eventually(async () => expect(await view(hook.id)).toMatchObject({ state: 'failing' }));
    await house.inTenant(owner.tenant.id,
      () => house.db.query(`update tenancy.audit_webhook set failing_since = now() - interval '4 days'`));
    await eventually(async () =>
      expect(await view(hook.id)).toMatchObject({ state: 'disabled', fault: expect.stringContaining('3 days') }));
    const sent = receiver.received.length;
    receiver.answer = 204;
    await rename();
    await eventually(async () => expect((await view(hook.id)).pending).toBe(5));
    expect(receiver.received).toHaveLength(sent);
    await change(hook.id, { enabled: true });
    await caughtUp(hook.id, 10);
    expect(kept()).toEqual(upTo(10, 4));
    expect(receiver.received.flatMap(({ actions }) => actions)).toContain('tenancy.audit-webhook.disabled');
  });

  it('go to addresses on the public internet by https, or where the operator allows it', async () => {
    const refused: [string, number][] = [['http://siem.example/', 400], ['https://10.0.0.1/', 422], ['https://[::1]/', 422],
      ['https://169.254.169.254/latest', 422], ['https://ada:secret@siem.example/', 422], ['ftp://siem.example', 400], ['siem', 400]];
    for (const [url, status] of refused) expect([url, (await create({ url })).status]).toEqual([url, status]);
    const { body: hook } = await create({ url: 'https://localhost/', after: 0 });
    await eventually(async () =>
      expect(await view(hook.id)).toMatchObject({ state: 'failing', fault: expect.stringContaining('private network'), delivered: 0 }));
  });

  it('are five at most, and to other tenants and to those who may not read the log they do not exist', async () => {
    const hooks = await Promise.all(Array.from({ length: 8 }, () => create()));
    expect(hooks.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 201, 409, 409, 409]);
    const id = hooks.find(({ status }) => status === 201)!.body.id as string;
    const stranger = await house.register();
    for (const [method, body] of [['GET'], ['PATCH', { enabled: false }], ['DELETE']] as const) {
      const [theirs, nobodys] = await Promise.all(
        [id, newId()].map((one) => house.ask(method, `${path}/${one}`, { token: stranger.accessToken, body })));
      expect([theirs!.status, { ...theirs!.body, instance: '', requestId: '' }])
        .toEqual([404, { ...nobodys!.body, instance: '', requestId: '' }]);
    }
    expect((await house.ask('GET', path, { token: stranger.accessToken })).body.items).toEqual([]);
    const { body: key } = await house.ask('POST', '/v1/api-keys',
      { token: owner.accessToken, body: { name: 'reader', scopes: ['*.read'] } });
    expect((await house.ask('GET', path, { token: key.key })).status).toBe(403);
    expect((await house.ask('DELETE', `${path}/${id}`, { token: owner.accessToken })).status).toBe(204);
    expect((await house.ask('GET', path, { token: owner.accessToken })).body.items).toHaveLength(4);
  });
});

it('an audit webhook goes on after the process ended in the middle of a delivery', async () => {
  const receiver = await WebhookReceiver.start();
  const database = await testDatabase({ engine: 'postgres', owners: [context] });
  const open = () => createEdge([context], { env: { NODE_ENV: 'test', PORT: '0', ATOLL_LOG_LEVEL: 'error', ATOLL_DRAIN_SECONDS: '1',
    ATOLL_LEASE_SECONDS: '1', DATABASE_URL: database.url!, ATOLL_WEBHOOK_PRIVATE_ORIGINS: receiver.origin } });
  const tenantId = newId();
  const append = (edge: Awaited<ReturnType<typeof open>>) => asTenant(
    tenantId, () => edge.app.select(TenancyModule).get(Db, { strict: false }).tx(() =>
    edge.app.get(AuditService, { strict: false })
      .append({ id: newId(), at: new Date(), action: 'tenancy.profile.changed', target: null, detail: {}, requestId: null })));
  let edge = await open();
  await edge.listen();
  try {
    receiver.answer = 'silent';
    const { id } = await asTenant(tenantId,
      () => edge.app.get(WebhookService, { strict: false }).create({ name: 'SIEM', url: receiver.origin }));
    await append(edge);
    await eventually(() => expect(receiver.received.length).toBeGreaterThan(0));
    await edge.close();
    receiver.answer = 204;
    edge = await open();
    await edge.listen();
    await append(edge);
    await eventually(async () => expect(await asTenant(tenantId, () => edge.app.get(WebhookService, { strict: false }).get(id)))
      .toMatchObject({ state: 'active', delivered: 3, pending: 0 }));
    expect(receiver.received[0]!.body).toBe(receiver.received[1]!.body);
    expect([...new Map(receiver.received.map((one) => [one.id, one])).values()].flatMap(({ sequences }) => sequences)).toEqual([1, 2, 3]);
  } finally {
    await edge.close();
    await database.close();
    receiver.stop();
  }
});
