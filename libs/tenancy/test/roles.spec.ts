import { newId } from '#platform/core';
import { engines, eventually } from '#platform/testing';
import { House, type SignedInBody } from './house.js';

type Body = Record<string, unknown>;

describe.each(engines)('roles on %s', (engine) => {
  let house: House;
  let owner: SignedInBody;
  let admin: SignedInBody;
  let member: SignedInBody;

  beforeAll(async () => {
    house = await House.open(engine);
    owner = await house.register();
    admin = await join('admin');
    member = await join('member');
  });
  afterAll(() => house?.close());

  /** Somebody with an account of their own, who becomes a member here. */
  async function join(role: string): Promise<SignedInBody> {
    const other = await house.register();
    const { identityId } = (await house.inTenant(other.tenant.id,
      () => house.db.query<{ identityId: string }>(`select identity_id as "identityId" from tenancy.membership`)))[0]!;
    const tenantId = owner.tenant.id;
    await house.inTenant(tenantId, () => house.db.query('insert into tenancy.membership (tenant_id, id, identity_id, email, name, role) ' +
      'values ($1, $2, $3, $4, $5, $6)', [tenantId, newId(), identityId, other.email, 'Grace', role]));
    return (await house.ask('POST', '/v1/auth/login',
      { body: { email: other.email, password: other.password, tenantId } })).body as SignedInBody;
  }

  const ask = (by: SignedInBody, method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, body?: Body) =>
    house.ask(method, url, { token: by.accessToken, ...(body && { body }) });
  const made = async (permissions: string[], by = owner): Promise<string> => {
    const { status, body } = await ask(by, 'POST', '/v1/roles', { name: newId(), permissions });
    expect(status).toBe(201);
    return (body as { id: string }).id;
  };
  const held = async (by: SignedInBody): Promise<string[]> =>
    ((await ask(by, 'GET', '/v1/me')).body as { permissions: string[] }).permissions;

  it('are made of permissions that routes ask for, by those who hold them', async () => {
    const { body } = await ask(admin, 'GET', '/v1/permissions');
    const items = (body as { items: { permission: string; held: boolean; roles: string[] }[] }).items;
    expect(items.find(({ permission }) => permission === 'agent.agents.write'))
      .toEqual({ permission: 'agent.agents.write', held: true, roles: ['owner', 'admin'] });
    for (const permissions of [['nothing.at.all'], ['search.*.read'], ['search.files.delete'], [], ['__proto__'], ['constructor.*']]) {
      expect(await ask(owner, 'POST', '/v1/roles', { name: 'Odd', permissions })).toMatchObject({ status: 400 });
    }
    expect(await ask(admin, 'POST', '/v1/roles', { name: 'Above', permissions: ['*'] }))
      .toMatchObject({ status: 403, body: { type: 'urn:atoll:problem:tenancy.grant-beyond-own' } });
    expect(await ask(member, 'POST', '/v1/roles', { name: 'Mine', permissions: ['search.*'] }))
      .toMatchObject({ status: 403, body: { missing: ['tenancy.roles.write'] } });
    expect(await ask(admin, 'POST', '/v1/roles', { name: 'Librarian', permissions: ['search.*', '*.read', 'search.*'] }))
      .toMatchObject({ status: 201, body: { name: 'Librarian', permissions: ['search.*', '*.read'] } });
    expect(await ask(admin, 'POST', '/v1/roles', { name: 'Librarian', permissions: ['search.*'] })).toMatchObject({ status: 409 });
  });

  it('take effect within 5 seconds, when they are given and when they change', async () => {
    const somebody = await join('viewer');
    const roleId = await made(['tenancy.members.read']);
    expect(await ask(owner, 'PATCH', `/v1/members/${somebody.userId}`, { roleId }))
      .toMatchObject({ status: 200, body: { role: 'viewer', roleId } });
    await eventually(async () => expect(await held(somebody)).toEqual(['tenancy.members.read']), { timeoutMs: 6_000 });
    expect((await ask(somebody, 'GET', '/v1/roles')).status).toBe(403);
    await ask(owner, 'PATCH', `/v1/roles/${roleId}`, { permissions: ['tenancy.roles.read'] });
    await eventually(async () => expect((await ask(somebody, 'GET', '/v1/roles')).status).toBe(200), { timeoutMs: 6_000 });
    expect((await ask(somebody, 'GET', '/v1/members')).status).toBe(403);
    expect(await ask(owner, 'DELETE', `/v1/roles/${roleId}`))
      .toMatchObject({ status: 409, body: { type: 'urn:atoll:problem:tenancy.role-in-use' } });
    await ask(owner, 'PATCH', `/v1/members/${somebody.userId}`, { role: 'member' });
    expect((await ask(owner, 'DELETE', `/v1/roles/${roleId}`)).status).toBe(204);
    await eventually(async () => expect(await held(somebody)).toContain('search.*'), { timeoutMs: 6_000 });
  }, 30_000);

  it('nobody reaches above themselves by them', async () => {
    const above = await made(['*']);
    const equal = await made(['search.*']);
    for (const [url, body] of [
      [`/v1/members/${member.userId}`, { roleId: above }], [`/v1/members/${admin.userId}`, { roleId: above }],
      [`/v1/members/${admin.userId}`, { role: 'owner' }],
      [`/v1/members/${owner.userId}`, { role: 'viewer' }], [`/v1/roles/${above}`, { permissions: ['search.*'] }],
      [`/v1/roles/${above}`, { name: 'Renamed' }], [`/v1/roles/${equal}`, { permissions: ['*'] }],
    ] as const) {
      expect([url, (await ask(admin, 'PATCH', url, body)).status]).toEqual([url, 403]);
    }
    expect((await ask(admin, 'DELETE', `/v1/roles/${above}`)).status).toBe(403);
    expect((await ask(owner, 'DELETE', `/v1/roles/${above}`)).status).toBe(204);
    expect((await ask(admin, 'PATCH', `/v1/roles/${equal}`, { name: 'Renamed' })).status).toBe(200);
  });

  it('a tenant keeps an owner, also when two step down at once', async () => {
    expect(await ask(owner, 'PATCH', `/v1/members/${owner.userId}`, { role: 'admin' }))
      .toMatchObject({ status: 409, body: { type: 'urn:atoll:problem:tenancy.last-owner' } });
    const second = await join('owner');
    const answers = await Promise.all([ask(owner, 'PATCH', `/v1/members/${owner.userId}`, { role: 'admin' }),
      ask(second, 'PATCH', `/v1/members/${second.userId}`, { role: 'admin' })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const left = await house.inTenant(owner.tenant.id,
      () => house.db.query<{ id: string }>(`select id from tenancy.membership where role = 'owner'`));
    expect(left).toHaveLength(1);
    if (left[0]!.id !== owner.userId) await house.inTenant(owner.tenant.id,
      () => house.db.query(`update tenancy.membership set role = 'owner' where id = $1`, [owner.userId]));
  });

  it('another tenant’s role and member are unknown', async () => {
    const stranger = await house.register();
    const theirs = await ask(stranger, 'POST', '/v1/roles', { name: 'Theirs', permissions: ['search.*'] });
    const roleId = (theirs.body as { id: string }).id;
    await eventually(async () => expect(await held(owner)).toContain('*'), { timeoutMs: 6_000 });
    const [foreign, nobody] = [await ask(owner, 'PATCH', `/v1/members/${member.userId}`, { roleId }),
      await ask(owner, 'PATCH', `/v1/members/${member.userId}`, { roleId: newId() })];
    expect([foreign.status, (foreign.body as Body).detail]).toEqual([404, (nobody.body as Body).detail]);
    expect((await ask(owner, 'PATCH', `/v1/members/${stranger.userId}`, { role: 'viewer' })).status).toBe(404);
    for (const body of [{}, { role: 'viewer', roleId: newId() }, { role: 'god' }, { roleId: 'x' }, { role: ['owner'] }])
      expect((await ask(owner, 'PATCH', `/v1/members/${member.userId}`, body)).status).toBe(400);
  });
});
