import { newId } from '#platform/core';
import { engines } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { type Ask, House, type SignedInBody } from './house.js';

const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

describe.each(engines)('SCIM on %s', (engine) => {
  let house: House;
  beforeAll(async () => {
    house = await House.open(engine, { ATOLL_PUBLIC_URL: 'https://atoll.example' });
  });
  afterAll(() => house?.close());

  interface Directory {
    owner: SignedInBody & { email: string };
    domain: string;
    ask(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, more?: Omit<Ask, 'token'>): ReturnType<House['ask']>;
    patch(path: string, ...Operations: unknown[]): ReturnType<House['ask']>;
    newUser(more?: object): Promise<{ id: string; userName: string; meta: { version: string } }>;
    newGroup(displayName: string, ...members: string[]): Promise<{ id: string }>;
    find(path: string, filter: string): Promise<string[]>;
  }

  /** A tenant with a proven domain, and a key for its directory. */
  async function directory(): Promise<Directory> {
    const owner = await house.register();
    const domain = `${newId().slice(-12)}.example`;
    await house.inTenant(owner.tenant.id, () => house.get(Tenancy).captureDomain({ domain }));
    const { key } = (await house.ask('POST', '/v1/api-keys',
      { token: owner.accessToken, body: { name: 'directory', scopes: ['tenancy.scim.write'] } })).body;
    const ask: Directory['ask'] = (method, path, { headers, ...more } = {}) =>
      house.ask(method, `/scim/v2${path}`,
        { token: key, headers: { ...(more.body !== undefined && { 'content-type': 'application/scim+json' }), ...headers }, ...more });
    return {
      owner, domain, ask,
      patch: (path, ...Operations) => ask('PATCH', path, { body: { schemas: [PATCH], Operations } }),
      newUser: async (more = {}) => {
        const { status, body } = await ask('POST', '/Users',
          { body: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: `${newId()}@${domain}`,
            name: { givenName: 'Grace', familyName: 'Hopper' }, ...more } });
        if (status !== 201) throw new Error(`POST Users answered ${status}: ${JSON.stringify(body)}`);
        return body;
      },
      newGroup: async (displayName, ...members) =>
        (await ask('POST', '/Groups', { body: { displayName, members: members.map((value) => ({ value })) } })).body,
      find: async (path, filter) =>
        (await ask('GET', `${path}?filter=${encodeURIComponent(filter)}`)).body.Resources.map(({ id }: { id: string }) => id),
    };
  }

  it('tells what it is to who holds a key with its scope, and nobody else', async () => {
    const { ask, owner } = await directory();
    const config = await ask('GET', '/ServiceProviderConfig');
    expect(config.headers['content-type']).toBe('application/scim+json; charset=utf-8');
    expect(config.body).toMatchObject({ patch: { supported: true }, filter: { supported: true, maxResults: 200 }, sort: { supported: true },
      etag: { supported: true }, bulk: { supported: false } });
    expect((await ask('GET', '/ResourceTypes')).body.Resources.map(({ endpoint }: { endpoint: string }) => endpoint))
      .toEqual(['/Users', '/Groups']);
    expect((await ask('GET', '/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group')).body.name).toBe('Group');
    expect((await ask('GET', '/Schemas')).body.totalResults).toBe(2);
    const other = (await house.ask('POST', '/v1/api-keys',
      { token: owner.accessToken, body: { name: 'k', scopes: ['tenancy.members.read', '*.read'] } })).body;
    for (const token of [other.key, undefined]) {
      const { status, headers, body } = await house.ask('GET', '/scim/v2/Users', { token });
      expect([status, headers['content-type']]).toEqual([token ? 403 : 401, 'application/scim+json; charset=utf-8']);
      expect(body).toMatchObject({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status) });
    }
  });

  it('makes members, changes them in every way, and takes them away', async () => {
    const { ask, patch, domain, owner } = await directory();
    const userName = `Grace@${domain}`;
    const made = await ask('POST', '/Users', { body: { userName, externalId: 'e1', displayName: 'Grace H',
      name: { givenName: 'Grace', familyName: 'Hopper' }, password: 'secret secret', title: 'Admiral', active: true } });
    expect(made.status).toBe(201);
    const { id, meta } = made.body;
    expect(made.headers).toMatchObject({ location: `https://atoll.example/scim/v2/Users/${id}`, etag: meta.version });
    expect(made.body).toMatchObject({ userName, externalId: 'e1', displayName: 'Grace H',
      name: { givenName: 'Grace', formatted: 'Grace H' }, emails: [{ value: userName.toLowerCase(), primary: true }], active: true,
      groups: [] });
    expect(JSON.stringify(made.body)).not.toContain('secret');
    expect((await house.ask('GET', '/v1/members', { token: owner.accessToken })).body.items)
      .toContainEqual(expect.objectContaining({ id, name: 'Grace H', role: 'member' }));
    expect((await ask('POST', '/Users', { body: { userName: userName.toUpperCase() } })).body)
      .toMatchObject({ status: '409', scimType: 'uniqueness' });
    expect((await patch(`/Users/${id}`, { op: 'Replace', path: 'name.familyName', value: 'Murray' })).body)
      .toMatchObject({ displayName: 'Grace Murray', name: { familyName: 'Murray' } });
    expect((await patch(`/Users/${id}`, { op: 'replace',
      value: { displayName: 'Amazing Grace', userName: `g@${domain}`, externalId: 'e2' } })).body)
      .toMatchObject({ displayName: 'Amazing Grace', userName: `g@${domain}`, externalId: 'e2' });
    expect((await patch(`/Users/${id}`,
      { op: 'replace', path: 'emails[type eq "work"].value', value: `new@${domain}` })).body.emails[0].value).toBe(`new@${domain}`);
    const put = await ask('PUT', `/Users/${id}`,
      { body: { id, userName: `g@${domain}`, displayName: 'G', emails: [{ value: `new@${domain}` }] } });
    expect([put.status, put.body.displayName, put.body.externalId, put.body.name]).toEqual([200, 'G', undefined, { formatted: 'G' }]);
    expect((await ask('DELETE', `/Users/${id}`)).status).toBe(204);
    for (const method of ['GET', 'DELETE'] as const) expect((await ask(method, `/Users/${id}`)).body).toMatchObject({ status: '404' });
    const again = await ask('POST', '/Users', { body: { userName: `back@${domain}`, emails: [{ value: userName }] } });
    expect([again.status, again.body.id]).toEqual([201, id]);
  });

  it('holds versions against each other', async () => {
    const { ask, newUser } = await directory();
    const { id, meta } = await newUser();
    const change = (ifMatch: string, displayName: string) =>
      ask('PATCH', `/Users/${id}`, { headers: { 'if-match': ifMatch },
        body: { schemas: [PATCH], Operations: [{ op: 'replace', path: 'displayName', value: displayName }] } });
    expect((await ask('GET', `/Users/${id}`, { headers: { 'if-none-match': meta.version } })).status).toBe(304);
    const [first, second] = await Promise.all([change(meta.version, 'One'), change(meta.version, 'Two')]);
    expect([first.status, second.status].sort()).toEqual([200, 412]);
    expect((await ask('DELETE', `/Users/${id}`, { headers: { 'if-match': meta.version } })).status).toBe(412);
    expect((await change('*', 'Three')).status).toBe(200);
    expect((await ask('GET', `/Users/${id}`, { headers: { 'if-none-match': meta.version } })).status).toBe(200);
  });

  it('finds by every operator, a page at a time, in the order asked for', async () => {
    const { ask, find, newUser, domain, owner } = await directory();
    const users = [];
    for (const [at, name] of ['Anna', 'Berta', 'Clara'].entries())
      users.push(await newUser({ userName: `${name}@${domain}`, displayName: `${name} 100%`, externalId: `X${at}`,
        active: name !== 'Clara' }));
    const [anna, berta, clara] = users.map(({ id }) => id) as [string, string, string];
    const cases: [string, string[]][] = [
      [`userName eq "ANNA@${domain}"`, [anna]], ['externalId eq "x0"', []], ['externalId eq "X0"', [anna]], ['displayName sw "b"', [berta]],
      ['displayName co "A 10"', [anna, berta, clara]], ['displayName ew "%"', [anna, berta, clara]], ['displayName co "_nna"', []],
      ['active eq false', [clara]], ['externalId pr and not (active eq false or displayName sw "Anna")', [berta]],
      [`emails[type eq "work" and value sw "clara"]`, [clara]], ['emails.value co "berta@"', [berta]],
      ['externalId gt "X0" and externalId le "X1"', [berta]],
      ['externalId eq null', [owner.userId]], ['meta.created gt "2126-01-01T00:00:00Z"', []],
      [`id eq "${anna}" or id eq "${clara}"`, [anna, clara]], ['name.givenName eq "Grace" and name.familyName ne "Hopper"', []],
    ];
    for (const [filter, expected] of cases) expect([filter, await find('/Users', filter)]).toEqual([filter, expected]);
    const page = (await ask('GET', '/Users?sortBy=displayName&sortOrder=descending&startIndex=2&count=2&filter=externalId%20pr')).body;
    expect(page).toMatchObject({ totalResults: 3, startIndex: 2, itemsPerPage: 2, Resources: [{ id: berta }, { id: anna }] });
    expect((await ask('GET', '/Users?count=0')).body).toMatchObject({ totalResults: 4, itemsPerPage: 0, Resources: [] });
    expect((await ask('GET', '/Users?startIndex=-3&count=1')).body).toMatchObject({ startIndex: 1, itemsPerPage: 1 });
    expect(Object.keys((await ask('GET', `/Users/${anna}?attributes=userName`)).body).sort())
      .toEqual(['id', 'meta', 'schemas', 'userName']);
    for (const query of ['filter=x', 'filter=password%20eq%20%22x%22', 'count=many', 'sortBy=secret', 'filter=a%20pr&filter=b%20pr',
      'startIndex=1e9']) expect([query, (await ask('GET', `/Users?${query}`)).status]).toEqual([query, 400]);
    for (const evil of [`x" or "1" eq "1`, `x' or 1=1--`, '\\', `'; drop table tenancy.membership; --`, '$1', '%', '\u0001'])
      expect(await find('/Users', `userName eq ${JSON.stringify(evil)}`)).toEqual([]);
  });

  it('signs out who is deactivated, and never the last owner', async () => {
    const { patch, owner, ask, newUser, domain } = await directory();
    const person = await house.register({ email: `${newId()}@${domain}` });
    await house.db.system('a spec',
      () => house.db.query('update tenancy.identity set email_verified_at = now() where email = $1', [person.email]));
    const { id } = await newUser({ userName: person.email });
    const { accessToken: token } = (await house.ask('POST', '/v1/auth/login',
      { body: { email: person.email, password: person.password, tenantId: owner.tenant.id } })).body;
    expect((await house.ask('GET', '/v1/me', { token })).body.user.id).toBe(id);
    expect((await patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'False' })).body.active).toBe(false);
    expect((await house.ask('GET', '/v1/me', { token })).status).toBe(401);
    expect((await house.ask('POST', '/v1/auth/login',
      { body: { email: person.email, password: person.password, tenantId: owner.tenant.id } })).status).toBe(403);
    expect((await house.ask('GET', '/v1/me', { token: person.accessToken })).status).toBe(200);
    expect((await patch(`/Users/${id}`, { op: 'replace', value: { active: true } })).body.active).toBe(true);
    for (const answer of [await patch(`/Users/${owner.userId}`, { op: 'replace', value: { active: false } }),
      await ask('DELETE', `/Users/${owner.userId}`)]) expect([answer.status, answer.body.status]).toEqual([409, '409']);
    await house.inTenant(owner.tenant.id, () => house.db.query(`update tenancy.membership set role = 'owner' where id = $1`, [id]));
    const both = await Promise.all([ask('DELETE', `/Users/${owner.userId}`), ask('DELETE', `/Users/${id}`)]);
    expect(both.map(({ status }) => status).sort()).toEqual([204, 409]);
  });

  it('makes nobody whose address is not the tenant\'s, or never was proven', async () => {
    const { ask, domain, newUser, patch } = await directory();
    const other = await directory();
    for (const userName of ['ada@example.org', `ada@${other.domain}`, `ada@sub.${domain}`])
      expect((await ask('POST', '/Users', { body: { userName } })).body).toMatchObject({ status: '400', scimType: 'invalidValue' });
    const squatted = await house.register({ email: `${newId()}@${domain}` });
    expect((await ask('POST', '/Users', { body: { userName: squatted.email } })).status).toBe(409);
    const { id } = await newUser();
    expect((await patch(`/Users/${id}`, { op: 'replace', path: 'emails', value: [{ value: 'ada@example.org' }] })).status).toBe(400);
    const theirs = await other.newUser();
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      const answers = await Promise.all([theirs.id, newId()].map((one) =>
        ask(method, `/Users/${one}`, method === 'GET' || method === 'DELETE' ? {}
          : { body: method === 'PUT' ? { userName: `x@${domain}` }
            : { schemas: [PATCH], Operations: [{ op: 'replace', value: { active: false } }] } })));
      expect(answers.map(({ status, body }) => [status, JSON.stringify(body)]))
        .toEqual([[404, JSON.stringify(answers[0]!.body)], [404, JSON.stringify(answers[0]!.body)]]);
    }
    for (const body of [{}, { userName: 7 }, { userName: `a@${domain}`, active: 'maybe' }, { userName: `a@${domain}`, emails: 'x' },
      { userName: `a@${domain}`, name: 'x' }, { userName: 'a', emails: [{ value: 'no address' }] }, { userName: 'x'.repeat(400) }])
      expect([body, (await ask('POST', '/Users', { body })).status]).toEqual([body, 400]);
  });

  it('groups give the role that the tenant says, and take it back', async () => {
    const { ask, patch, owner, newUser, newGroup, find } = await directory();
    const [ada, eve] = [await newUser(), await newUser()];
    const admins = await newGroup('Admins', ada.id);
    const roleOf = async (id: string) => (await house.ask('GET', '/v1/members?limit=100',
      { token: owner.accessToken })).body.items.find((one: { id: string }) => one.id === id).role;
    const grant = (id: string, body: object, token = owner.accessToken) => house.ask('PUT', `/v1/directory-groups/${id}`, { token, body });
    expect(await roleOf(ada.id)).toBe('member');
    expect((await grant(admins.id, { role: 'admin' })).body).toMatchObject({ name: 'Admins', role: 'admin', members: 1 });
    expect(await roleOf(ada.id)).toBe('admin');
    expect((await ask('GET', `/Users/${ada.id}`)).body.groups)
      .toEqual([{ value: admins.id, display: 'Admins', $ref: `https://atoll.example/scim/v2/Groups/${admins.id}` }]);
    expect((await patch(`/Groups/${admins.id}`,
      { op: 'Add', path: 'members', value: [{ value: eve.id }, { value: owner.userId }] })).body.members).toHaveLength(3);
    expect([await roleOf(eve.id), await roleOf(owner.userId)]).toEqual(['admin', 'owner']);
    const viewers = await newGroup('Viewers', ada.id, eve.id);
    await grant(viewers.id, { role: 'viewer' });
    expect(await roleOf(ada.id)).toBe('admin');
    await patch(`/Groups/${admins.id}`, { op: 'Remove', path: 'members', value: [{ value: ada.id }] });
    expect(await roleOf(ada.id)).toBe('viewer');
    expect((await ask('DELETE', `/Groups/${admins.id}`)).status).toBe(204);
    await grant(viewers.id, {});
    expect([await roleOf(ada.id), await roleOf(eve.id)]).toEqual(['member', 'member']);
    expect(await find('/Groups', `members eq "${eve.id}"`)).toEqual([viewers.id]);
    expect(await find('/Groups', 'displayName eq "viewers"')).toEqual([viewers.id]);
    expect((await ask('GET', '/Groups?excludedAttributes=members')).body.Resources[0].members).toBeUndefined();
    expect((await ask('POST', '/Groups', { body: { displayName: 'VIEWERS' } })).body.scimType).toBe('uniqueness');
    const outside = await directory();
    for (const value of [(await outside.newUser()).id, newId(), 'x', { $ne: '' }])
      expect((await patch(`/Groups/${viewers.id}`, { op: 'add', path: 'members', value: [{ value }] })).status).toBe(400);
    expect((await grant(viewers.id, { role: 'owner' })).status).toBe(400);
    const key = (await house.ask('POST', '/v1/api-keys',
      { token: owner.accessToken, body: { name: 'k', scopes: ['tenancy.members.write'] } })).body.key;
    expect((await grant(viewers.id, { role: 'admin' }, key)).status).toBe(403);
  });
});
