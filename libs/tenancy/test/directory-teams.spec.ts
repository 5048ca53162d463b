import { newId } from '#platform/core';
import { engines } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { House, type SignedInBody } from './house.js';

describe.each(engines)('groups of a directory as teams on %s', (engine) => {
  let house: House;
  beforeAll(async () => {
    house = await House.open(engine);
  });
  afterAll(() => house?.close());

  type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

  /** A tenant with a key for its directory. */
  async function directory() {
    const owner = await house.register();
    const { key } = (await house.ask('POST', '/v1/api-keys',
      { token: owner.accessToken, body: { name: 'directory', scopes: ['tenancy.scim.write'] } })).body;
    const scim = (method: Method, path: string, body?: object) => house.ask(method, `/scim/v2${path}`, { token: key, body });
    const ask = (method: Method, url: string, body?: object) => house.ask(method, url, { token: owner.accessToken, body });
    const member = async () => {
      const [id, identityId, email] = [newId(), newId(), `${newId()}@example.org`];
      await house.db.system('a spec',
        () => house.db.query('insert into tenancy.identity (id, email) values ($1, $2)', [identityId, email]));
      await house.inTenant(owner.tenant.id, () => house.db.query(`insert into tenancy.membership (tenant_id, id, identity_id, email, ` +
        `name, role) values ($1, $2, $3, $4, 'Grace', 'member')`, [owner.tenant.id, id, identityId, email]));
      return id;
    };
    return {
      owner, scim, ask, member,
      newGroup: (displayName: string, ...members: string[]) =>
        scim('POST', '/Groups', { displayName, members: members.map((value) => ({ value })) }),
      patch: (id: string, ...Operations: object[]) =>
        scim('PATCH', `/Groups/${id}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations }),
      teamOf: async (groupId: string) =>
        (await ask('GET', '/v1/directory-groups')).body.items.find(({ id }: { id: string }) => id === groupId).teamId as string,
      membersOf: async (teamId: string) =>
        (await ask('GET', `/v1/teams/${teamId}/members`)).body.items.map(({ id }: { id: string }) => id) as string[],
    };
  }

  const teamsOf = async ({ accessToken: token }: SignedInBody) =>
    (await house.get(Tenancy).authenticate({ scheme: 'bearer', token })).actor.teams;

  it('a group is a team, whose name and members follow it', async () => {
    const { owner, scim, ask, newGroup, patch, teamOf, membersOf, member } = await directory();
    const grace = await member();
    const { body: group } = await newGroup('Board', owner.userId, grace);
    const team = await teamOf(group.id);
    expect((await ask('GET', `/v1/teams/${team}`)).body).toMatchObject({ id: team, name: 'Board', groupId: group.id });
    expect((await ask('GET', '/v1/teams')).body.items).toMatchObject([{ id: team }]);
    expect((await membersOf(team)).sort()).toEqual([owner.userId, grace].sort());
    expect(await teamsOf(owner)).toEqual([team]);
    const noted = () => house.get(Tenancy).ended({ seconds: 60 })
      .then((all) => all.filter(({ subject }) => subject === owner.userId).length);
    const before = await noted();
    await patch(group.id, { op: 'remove', path: `members[value eq "${owner.userId}"]` },
      { op: 'replace', path: 'displayName', value: 'The board' });
    expect([await teamsOf(owner), await membersOf(team), (await ask('GET', `/v1/teams/${team}`)).body.name])
      .toEqual([[], [grace], 'The board']);
    expect(await noted()).toBeGreaterThan(before);
    await scim('PUT', `/Groups/${group.id}`, { displayName: 'The board', members: [{ value: owner.userId }, { value: grace }] });
    expect(await teamsOf(owner)).toEqual([team]);
    expect((await scim('DELETE', `/Users/${grace}`)).status).toBe(204);
    expect(await membersOf(team)).toEqual([owner.userId]);
    expect((await scim('DELETE', `/Groups/${group.id}`)).status).toBe(204);
    expect([(await ask('GET', `/v1/teams/${team}`)).status, await teamsOf(owner)]).toEqual([404, []]);
  });

  it('it may grant a role as well, and is a team still when that is taken back', async () => {
    const { ask, newGroup, teamOf, membersOf, member } = await directory();
    const grace = await member();
    const { body: { id } } = await newGroup('Admins', grace);
    const team = await teamOf(id);
    for (const grant of [{ role: 'admin' }, {}]) {
      expect((await ask('PUT', `/v1/directory-groups/${id}`, grant)).body).toMatchObject({ teamId: team, members: 1 });
      expect(await membersOf(team)).toEqual([grace]);
    }
  });

  it('is not changed by hand, and to other tenants it is unknown', async () => {
    const { owner, ask, newGroup, teamOf, membersOf, member } = await directory();
    const grace = await member();
    const team = await teamOf((await newGroup('Board', owner.userId)).body.id);
    const changes: [Method, string, object?][] = [['PATCH', '', { name: 'Mine' }], ['DELETE', ''], ['PUT', `/members/${grace}`],
      ['DELETE', `/members/${owner.userId}`]];
    for (const [method, path, body] of changes) expect(await ask(method, `/v1/teams/${team}${path}`, body))
      .toMatchObject({ status: 409, body: { type: 'urn:atoll:problem:tenancy.team-of-directory' } });
    expect([await membersOf(team), (await ask('GET', `/v1/teams/${team}`)).body.name]).toEqual([[owner.userId], 'Board']);
    const eve = await house.register();
    for (const [method, path, body] of changes) {
      const [foreign, unknown] = await Promise.all(
        [team, newId()].map((id) => house.ask(method, `/v1/teams/${id}${path}`, { token: eve.accessToken, body })));
      expect([foreign!.status, { ...foreign!.body, requestId: '', instance: '' }])
        .toEqual([404, { ...unknown!.body, requestId: '', instance: '' }]);
    }
  });

  it('names of the directory and of people do not get in each other’s way', async () => {
    const { ask, newGroup, scim } = await directory();
    expect((await ask('POST', '/v1/teams', { name: 'Board' })).status).toBe(201);
    const { status, body: group } = await newGroup('Board');
    expect(status).toBe(201);
    expect((await newGroup('Pilots')).status).toBe(201);
    expect((await ask('POST', '/v1/teams', { name: 'Pilots' })).status).toBe(201);
    expect((await ask('POST', '/v1/teams', { name: 'Board' })).status).toBe(409);
    expect((await scim('PUT', `/Groups/${group.id}`, { displayName: 'pilots' })).body.scimType).toBe('uniqueness');
  });

  it('nobody is in more than 50 teams by it, and then nothing was changed', async () => {
    const { owner, newGroup, scim, patch } = await directory();
    await house.inTenant(owner.tenant.id, async () => {
      for (let n = 0; n < 50; n += 1) {
        const id = newId();
        await house.db.query('insert into tenancy.team (tenant_id, id, name, created_by) values ($1, $2, $3, $4)',
          [owner.tenant.id, id, id, owner.userId]);
        await house.db.query('insert into tenancy.team_member (tenant_id, team_id, member_id) values ($1, $2, $3)',
          [owner.tenant.id, id, owner.userId]);
      }
    });
    expect(await newGroup('One more', owner.userId))
      .toMatchObject({ status: 400, body: { scimType: 'invalidValue', detail: expect.stringContaining(owner.userId) } });
    expect((await scim('GET', '/Groups')).body.totalResults).toBe(0);
    const { id } = (await newGroup('Empty')).body;
    expect((await patch(id, { op: 'add', path: 'members', value: [{ value: owner.userId }] })).status).toBe(400);
    expect([(await scim('GET', `/Groups/${id}`)).body.members, (await teamsOf(owner))!.length]).toEqual([[], 50]);
  });

  it('a group without a team gets one when the directory changes it', async () => {
    const { owner, patch, teamOf, membersOf } = await directory();
    const id = newId();
    await house.inTenant(owner.tenant.id, () =>
      house.db.query('insert into tenancy.scim_group (tenant_id, id, display_name) values ($1, $2, $3)',
        [owner.tenant.id, id, 'Imported']));
    expect(await teamOf(id)).toBeNull();
    await patch(id, { op: 'add', path: 'members', value: [{ value: owner.userId }] });
    expect(await membersOf(await teamOf(id))).toEqual([owner.userId]);
  });
});
