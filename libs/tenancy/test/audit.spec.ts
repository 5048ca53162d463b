import { newId } from '#platform/core';
import { engines, eventually } from '#platform/testing';
import { hashOf } from '../src/compliance/audit/chain.js';
import { House, type SignedInBody } from './house.js';

describe.each(engines)('the audit log on %s', (engine) => {
  let house: House;
  let owner: SignedInBody;
  beforeAll(async () => {
    house = await House.open(engine);
    owner = await house.register();
  });
  afterAll(() => house?.close());

  const log = (query = '', token = owner.accessToken) => house.ask('GET', `/v1/audit${query}`, { token });
  const actions = async (query = ''): Promise<string[]> =>
    ((await log(query)).body.items as { action: string }[]).map(({ action }) => action);

  it('begins with the tenant itself', async () => {
    await eventually(async () =>
      expect((await actions()).sort()).toEqual(['tenancy.member.joined', 'tenancy.session.opened', 'tenancy.tenant.created']));
  });

  it('says who did what to what, and keeps no secret', async () => {
    const { body: key } = await house.ask('POST', '/v1/api-keys', { token: owner.accessToken, body: { name: 'CI', scopes: ['search.*'] } });
    await house.ask('DELETE', `/v1/api-keys/${key.id}`, { token: owner.accessToken });
    await eventually(async () =>
      expect(await actions(`?target=${key.id}`)).toEqual(['tenancy.api-key.revoked', 'tenancy.api-key.created']));
    const { body, text } = await log(`?action=tenancy.api-key.&actor=${owner.userId}`)
      .then((answer) => ({ ...answer, text: JSON.stringify(answer.body) }));
    expect(body.items[1]).toMatchObject({ actor: { kind: 'user', id: owner.userId }, target: key.id,
      detail: { name: 'CI', scopes: ['search.*'] }, requestId: expect.any(String) });
    expect(text).not.toContain(key.key.slice(-20));
  });

  it('is read in pages, by time and by action', async () => {
    const first = await log('?limit=2');
    const second = await log(`?limit=2&cursor=${first.body.nextCursor}`);
    const sequences = [...first.body.items, ...second.body.items].map(({ sequence }: { sequence: number }) => sequence);
    expect(sequences).toEqual([5, 4, 3, 2]);
    expect(await actions(`?to=${new Date(0).toISOString()}`)).toEqual([]);
    expect(await actions(`?from=${new Date(0).toISOString()}&action=tenancy.member.joined`)).toEqual(['tenancy.member.joined']);
    expect((await log('?from=yesterday')).status).toBe(400);
  });

  it('leaves as JSON Lines that prove themselves, and as CEF', async () => {
    const jsonl = await house.text(`/v1/audit/export`, owner.accessToken);
    const lines = jsonl.trim().split('\n');
    let previous = '';
    for (const [at, line] of lines.entries()) {
      const { entry, hash } = JSON.parse(line) as { entry: { sequence: number; previous: string }; hash: string };
      expect([entry.sequence, entry.previous, hashOf(line.slice('{"entry":'.length, line.lastIndexOf(',"hash"')))])
        .toEqual([at + 1, previous, hash]);
      previous = hash;
    }
    expect(lines.length).toBe(5);
    const cef = await house.text('/v1/audit/export?format=cef&action=tenancy.api-key.created', owner.accessToken);
    expect(cef).toMatch(/^CEF:0\|Atoll\|Atoll\|1\|tenancy\.api-key\.created\|api-key created\|3\|rt=\d+ .*suid=[0-9a-f-]{36} .*msg=\{"expiresAt":null,"holder":.*"name":"CI".*\n$/);
  });

  it('is shown to its own tenant’s administrators and to nobody else', async () => {
    const stranger = await house.register();
    await eventually(async () => expect((await log('', stranger.accessToken)).body.items).toHaveLength(3));
    expect(JSON.stringify((await log('', stranger.accessToken)).body)).not.toContain(owner.userId);
    const { body: key } = await house.ask('POST', '/v1/api-keys',
      { token: owner.accessToken, body: { name: 'reader', scopes: ['*.read'] } });
    for (const path of ['', '/export', '/verification']) expect((await log(path, key.key)).status).toBe(403);
    expect((await house.ask('GET', '/v1/audit')).status).toBe(401);
  });

  it('of 64 requests at once makes one chain, whole', async () => {
    const member = await house.register();
    const answers = await Promise.all(Array.from({ length: 64 },
      (_, at) => house.ask('PATCH', '/v1/me', { token: member.accessToken, body: { name: `Ada ${at}` } })));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 64 }, () => 200));
    await eventually(async () => expect((await log('/verification', member.accessToken)).body)
      .toMatchObject({ whole: true, entries: 67, tenantId: member.tenant.id }), { timeoutMs: 20_000 });
    expect((await log(`?action=tenancy.profile.changed&target=${newId()}`, member.accessToken)).body.items).toEqual([]);
  });
});
