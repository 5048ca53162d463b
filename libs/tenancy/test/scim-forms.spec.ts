import { newId } from '#platform/core';
import { engines } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { type Ask, House } from './house.js';

const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const CUSTOM = 'urn:example:params:scim:schemas:extension:reef:2.0:User';

/** What a directory sends in one form it may send in another: what is ours arrives, what is not is ignored. */
describe.each(engines)('forms of SCIM on %s', (engine) => {
  let house: House;
  let key: string;
  let domain: string;
  beforeAll(async () => {
    house = await House.open(engine, { ATOLL_PUBLIC_URL: 'https://atoll.example' });
    const owner = await house.register();
    domain = `${newId().slice(-12)}.example`;
    await house.inTenant(owner.tenant.id, () => house.get(Tenancy).captureDomain({ domain }));
    ({ key } = (await house.ask('POST', '/v1/api-keys',
      { token: owner.accessToken, body: { name: 'directory', scopes: ['tenancy.scim.write'] } })).body);
  });
  afterAll(() => house?.close());

  const ask = (method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body?: unknown) => house.ask(method, `/scim/v2${path}`,
    { token: key, ...(body !== undefined && { body, headers: { 'content-type': 'application/scim+json' } }) } satisfies Ask);
  const patch = (path: string, ...Operations: unknown[]) => ask('PATCH', path, { schemas: [PATCH], Operations });
  const address = () => `${newId()}@${domain}`;
  const made = async (more: object = {}) => (await ask('POST', '/Users', { schemas: [CORE], userName: address(), ...more })).body;
  const found = async (filter: string, path = '/Users') =>
    (await ask('GET', `${path}?filter=${encodeURIComponent(filter)}`)).body.Resources?.map(({ id }: { id: string }) => id);

  it('an attribute that is not kept costs none of the others, in POST, PUT and PATCH, with and without a path', async () => {
    const foreign = { schemas: [CORE, ENTERPRISE, CUSTOM], [ENTERPRISE]: { department: 'Reefs', manager: { value: 'x' } },
      [CUSTOM]: { costCentre: 7, active: false }, costCentre: 'x', title: 'Countess', roles: [{ value: 'admin' }], password: 'secret' };
    const userName = address();
    const { status, body: { id } } = await ask('POST', '/Users', { userName, displayName: 'Ada', ...foreign });
    expect(status).toBe(201);
    const put = await ask('PUT', `/Users/${id}`, { userName, displayName: 'Ada P', ...foreign });
    expect([put.status, put.body.displayName, put.body.active]).toEqual([200, 'Ada P', true]);
    for (const [at, extra] of [{ op: 'Add', path: `${CUSTOM}:costCentre`, value: 'x' }, { op: 'replace', path: 'costCentre', value: 'x' },
      { op: 'replace', path: `${ENTERPRISE}:manager`, value: null }, { op: 'add', value: foreign },
      { op: 'add', path: 'phoneNumbers[type eq "mobile"].value', value: '1' }, { op: 'remove', path: CUSTOM }].entries()) {
      const answer = await patch(`/Users/${id}`, { op: 'replace', path: 'displayName', value: `Ada ${at}` }, extra);
      expect([extra, answer.status, answer.body.displayName, answer.body.active]).toEqual([extra, 200, `Ada ${at}`, true]);
    }
  });

  it('looks for what is not kept and finds that nobody has it', async () => {
    const { id, userName } = await made();
    for (const filter of ['title eq "Countess"', `${ENTERPRISE}:employeeNumber eq "7"`, `${CUSTOM}:costCentre pr`, 'costCentre gt 5',
      'phoneNumbers[type eq "mobile"]', `${CUSTOM}:userName eq "${userName}"`, 'title eq true'])
      expect([filter, await found(filter)]).toEqual([filter, []]);
    expect(await found(`userName eq "${userName}" and title ne "Countess"`)).toEqual([id]);
    expect(await found(`userName eq "${userName}" and not (title pr)`)).toEqual([id]);
    expect(await found(`${CORE}:UserName EQ "${userName.toUpperCase()}"`)).toEqual([id]);
    expect((await ask('GET', '/Users?filter=password%20eq%20%22x%22')).status).toBe(400);
  });

  it('finds by truth as text, by type, and by what a resource is', async () => {
    const { id, userName } = await made({ active: 'False', emails: [{ value: address(), type: 'home', primary: 'True' }] });
    for (const filter of ['active eq "False"', 'active eq "false"', 'active eq False', 'active ne "True"', 'emails.type eq "home"',
      'emails[type eq "home" and primary eq "True"]', 'meta.resourceType eq "User"', `schemas eq "${CORE}"`])
      expect([filter, await found(`userName eq "${userName}" and ${filter}`)]).toEqual([filter, [id]]);
    expect(await found(`userName eq "${userName}" and emails.type eq "work"`)).toEqual([]);
  });

  it('an address keeps what the directory calls it, so that it is changed and not lost', async () => {
    const { id } = await made({ emails: [{ value: address(), type: 'other', primary: true }] });
    const next = address();
    const changed = await patch(`/Users/${id}`, { op: 'replace', path: 'emails[type eq "other"].value', value: next });
    expect(changed.body.emails).toEqual([{ value: next, type: 'other', primary: true }]);
    const empty = await ask('PUT', `/Users/${id}`, { userName: next, emails: [{ type: 'work', value: null }, { type: 'home',
      value: '' }] });
    expect([empty.status, empty.body.emails]).toEqual([200, [{ value: next, type: 'work', primary: true }]]);
  });

  it('shows the parts that were asked for, and leaves out those that were not wanted', async () => {
    const { id } = await made({ name: { givenName: 'Ada', familyName: 'King' }, displayName: 'Ada K' });
    const get = async (query: string) => (await ask('GET', `/Users/${id}?${query}`)).body;
    expect((await get('excludedAttributes=name.familyName,emails.type')))
      .toMatchObject({ name: { givenName: 'Ada', formatted: 'Ada K' }, displayName: 'Ada K' });
    expect((await get('excludedAttributes=name.familyName')).name.familyName).toBeUndefined();
    expect(Object.keys(await get(`attributes=${CORE}:userName,name.givenName,${CUSTOM}:active`)).sort())
      .toEqual(['id', 'meta', 'name', 'schemas', 'userName']);
    expect((await get('attributes=name.givenName')).name).toEqual({ givenName: 'Ada' });
    expect(Object.keys(await get('excludedAttributes=ID,GROUPS,emails'))).not.toEqual(expect.arrayContaining(['groups', 'emails']));
    expect((await ask('GET', '/Users?count=0')).body).toMatchObject({ itemsPerPage: 0, Resources: [], totalResults: expect.any(Number) });
  });

  it('members of groups in every form', async () => {
    const [ada, eve] = [(await made()).id, (await made()).id];
    const { body: { id } } = await ask('POST', '/Groups', { displayName: `Crew ${newId()}`, members: { value: ada }, [CUSTOM]: { x: 1 } });
    const members = async (operation: object) =>
      (await patch(`/Groups/${id}`, operation)).body.members.map(({ value }: { value: string }) => value);
    expect(await members({ op: 'add', path: 'members', value: { value: eve.toUpperCase() } })).toEqual([ada, eve].sort());
    expect(await members({ op: 'Add', path: 'members', value: [{ $ref: null, value: eve }] })).toEqual([ada, eve].sort());
    expect(await members({ op: 'Remove', path: `members[value eq "${ada.toUpperCase()}"]` })).toEqual([eve]);
    expect(await members({ op: 'remove', path: 'members', value: [{ value: eve.toUpperCase() }] })).toEqual([]);
    expect(await members({ op: 'replace', value: { members: [ada], externalId: 'g', costCentre: 7 } })).toEqual([ada]);
    expect(await members({ op: 'add', path: `${CUSTOM}:owner`, value: 'x' })).toEqual([ada]);
    expect(await found(`members.value eq "${ada}" and meta.resourceType eq "Group"`, '/Groups')).toEqual([id]);
  });
});
