import { patched } from './patch.js';
import { GROUP_SHAPE } from './group-resource.js';
import { USER_SHAPE } from './user-resource.js';

const USER = { id: '1', userName: 'ada', active: true, name: { givenName: 'Ada', familyName: 'L' },
  emails: [{ value: 'ada@example.org', type: 'work', primary: true }] };
const GROUP = { id: '2', displayName: 'Crew', members: [{ value: 'a', display: 'A' }, { value: 'b', display: 'B' }] };

const user = (...Operations: unknown[]) =>
  patched(USER, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations }, USER_SHAPE);
const group = (...operations: unknown[]) =>
  patched(GROUP, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], operations }, GROUP_SHAPE);
const fault = (scimType: string) => expect.objectContaining({ details: { scimType } });

describe('SCIM PATCH', () => {
  it('in the shapes of Entra ID', () => {
    expect(user({ op: 'Replace', path: 'active', value: 'False' }).active).toBe('False');
    expect(user({ op: 'Add', path: 'name.givenName', value: 'Grace' },
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'g@example.org' }))
      .toMatchObject({ name: { givenName: 'Grace', familyName: 'L' }, emails: [{ value: 'g@example.org', type: 'work', primary: true }] });
    expect(user({ op: 'Add', path: 'emails[type eq "home"].value', value: 'h@example.org' }).emails)
      .toEqual([...USER.emails, { type: 'home', value: 'h@example.org' }]);
    expect(user({ op: 'replace', value: { 'name.familyName': 'Hopper',
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department': 'x', active: false } }))
      .toMatchObject({ name: { givenName: 'Ada', familyName: 'Hopper' }, active: false });
    expect(group({ op: 'Add', path: 'members', value: [{ value: 'c' }, { value: 'a' }] }).members)
      .toEqual([{ value: 'a', display: 'A' }, { value: 'b', display: 'B' }, { value: 'c' }]);
    expect(group({ op: 'Remove', path: 'members', value: [{ value: 'a' }] }).members).toEqual([{ value: 'b', display: 'B' }]);
  });

  it('in the shapes of Okta', () => {
    expect(user({ op: 'replace', value: { active: false } }).active).toBe(false);
    expect(group({ op: 'replace', value: { id: '2', displayName: 'Staff' } })).toMatchObject({ id: '2', displayName: 'Staff' });
    expect(group({ op: 'remove', path: 'members[value eq "b"]' }).members).toEqual([{ value: 'a', display: 'A' }]);
    expect(group({ op: 'replace', path: 'members', value: [{ value: 'z' }] }).members).toEqual([{ value: 'z' }]);
    expect(group({ op: 'remove', path: 'members' }).members).toEqual([]);
  });

  it('in the examples of the standard', () => {
    expect(user({ op: 'add', path: 'emails', value: [{ value: 'babs@example.org', type: 'home', primary: true }] }).emails)
      .toEqual([{ ...USER.emails[0], primary: false }, { value: 'babs@example.org', type: 'home', primary: true }]);
    expect(user({ op: 'remove', path: 'name.familyName' }).name).toEqual({ givenName: 'Ada' });
    expect(user({ op: 'remove', path: 'emails[type eq "work"].primary' }).emails).toEqual([{ value: 'ada@example.org', type: 'work' }]);
    expect(user({ op: 'replace', path: 'emails[type eq "work"]', value: { value: 'n@example.org' } }).emails)
      .toEqual([{ value: 'n@example.org', type: 'work', primary: true }]);
    expect(user({ op: 'replace', path: 'title', value: 'Countess' })).toEqual(USER);
    expect(USER.active).toBe(true);
  });

  it.each<[string, unknown]>([
    ['an attribute', { op: 'add', path: 'costCentre', value: 'x' }],
    ['one of the standard', { op: 'replace', path: 'title', value: 'Countess' }],
    ['one of a complex kind', { op: 'add', path: 'addresses[type eq "work"].streetAddress', value: '1 Main St' }],
    ['one with a sub-attribute', { op: 'replace', path: 'manager.displayName', value: 'x' }],
    ['one of many values', { op: 'add', path: 'roles', value: [{ value: 'admin', primary: 'True' }] }],
    ['a password', { op: 'replace', path: 'password', value: 'secret' }],
    ['a role', { op: 'replace', path: 'role', value: 'owner' }],
    ['a constructor', { op: 'add', path: 'constructor.prototype', value: {} }],
    ['the enterprise extension', { op: 'add', path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department', value: 'x' }],
    ['its parts', { op: 'add', path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value', value: 'x' }],
    ['all of it', { op: 'add', path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', value: { department: 'x' } }],
    ['an extension of their own', { op: 'replace', path: 'urn:example:params:scim:schemas:extension:reef:2.0:User:costCentre', value: 7 }],
    ['an extension that is called as one of ours', { op: 'replace', path: 'urn:example:reef:2.0:User:active', value: false }],
    ['an extension with odd letters', { op: 'replace', path: 'urn:example:reef+x:2.0:User:cost centre', value: 7 }],
    ['its filter', { op: 'remove', path: 'urn:example:reef:2.0:User:badges[type eq "x"]' }],
    ['the schemas that tell of it', { op: 'add', path: 'schemas', value: ['urn:example:reef:2.0:User'] }],
    ['a removal', { op: 'remove', path: 'nickName' }],
    ['an attribute without a path', { op: 'replace', value: { costCentre: 'x', 'x-y': 1, 'a.b.c': 2, 'odd name': 3, '': 4 } }],
    ['an extension without a path', { op: 'add', value: { 'urn:example:reef:2.0:User': { active: false },
      'urn:example:reef:2.0:User:active': false } }],
    ['what we say without a path', { op: 'replace', value: { id: '9', meta: {}, groups: [], schemas: [] } }],
  ])('what is not kept is ignored, and what comes with it is not: %s', (_what, operation) => {
    expect(user(operation)).toEqual(USER);
    expect(user({ op: 'replace', path: 'displayName', value: 'A' }, operation, { op: 'replace', path: 'active', value: false }))
      .toEqual({ ...USER, displayName: 'A', active: false });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('with the schema of the standard before a name, and names in any case', () => {
    const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
    expect(user({ op: 'REPLACE', path: `${core}:Active`, value: 'False' }).active).toBe('False');
    expect(user({ op: 'replace', path: `${core}:name.familyName`, value: 'K' }).name).toEqual({ givenName: 'Ada', familyName: 'K' });
    expect(user({ op: 'replace', path: `${core}:emails[TYPE Eq "WORK"].VALUE`, value: 'k@example.org' }).emails)
      .toEqual([{ ...USER.emails[0], value: 'k@example.org' }]);
    expect(user({ op: 'replace', value: { [core]: { displayName: 'K' }, [`${core}:active`]: false, USERNAME: 'k' } }))
      .toMatchObject({ displayName: 'K', active: false, userName: 'k' });
    expect(group({ op: 'replace', path: 'urn:ietf:params:scim:schemas:core:2.0:Group:displayName', value: 'Staff' }).displayName)
      .toBe('Staff');
  });

  it('with truth as text, values in lists, and values in other spellings', () => {
    expect(user({ op: 'replace', path: 'emails[primary eq "True"].value', value: 'k@example.org' }).emails)
      .toEqual([{ ...USER.emails[0], value: 'k@example.org' }]);
    expect(user({ op: 'add', path: 'emails[type eq "home" and primary eq "True"].value', value: 'k@example.org' }).emails)
      .toEqual([{ ...USER.emails[0], primary: false }, { type: 'home', primary: true, value: 'k@example.org' }]);
    for (const value of [[{ $ref: null, value: 'False' }], { value: 'False' }, ['False']])
      expect(user({ op: 'Replace', path: 'active', value }).active).toBe('False');
    expect(user({ op: 'replace', path: 'name', value: null }).name).toEqual({});
    expect(user({ op: 'replace', path: 'emails', value: null }).emails).toEqual([]);
    expect(group({ op: 'Remove', path: 'members', value: { value: 'A' } }).members).toEqual([{ value: 'b', display: 'B' }]);
    expect(group({ op: 'Remove', path: 'members', value: 'B' }).members).toEqual([{ value: 'a', display: 'A' }]);
    expect(group({ op: 'Remove', path: 'members[value eq "A" or value eq "b"]' }).members).toEqual([]);
    expect(group({ op: 'Remove', path: 'members[value eq "nobody"]' }).members).toEqual(GROUP.members);
    expect(group({ op: 'Remove', path: 'members', value: [] }).members).toEqual(GROUP.members);
  });

  it('refuses the rest by its name', () => {
    const cases: [string, unknown][] = [
      ['invalidSyntax', { op: 'move', path: 'active' }], ['invalidSyntax', { path: 'active', value: 1 }],
      ['invalidPath', { op: 'add', path: 'ten ant', value: 'x' }],
      ['invalidPath', { op: 'add', path: '__proto__', value: { admin: true } }], ['invalidPath', { op: 'add', path: 'a.b.c', value: {} }],
      ['invalidPath', { op: 'replace', path: 'active.x', value: 1 }], ['invalidPath', { op: 'replace', path: 7, value: 1 }],
      ['mutability', { op: 'replace', path: 'id', value: '9' }],
      ['mutability', { op: 'add', path: 'groups', value: [] }], ['noTarget', { op: 'remove' }],
      ['noTarget', { op: 'replace', path: 'emails[type co "x"].value', value: 'y' }], ['invalidValue', { op: 'add', value: [] }],
      ['invalidValue', { op: 'add', path: 'name', value: 'x' }], ['invalidFilter', { op: 'remove', path: 'emails[type]' }],
    ];
    for (const [word, operation] of cases) expect(() => user(operation)).toThrow(fault(word));
    for (const body of [{}, { schemas: ['x'], Operations: [] }, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'] },
      { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: {} }])
      expect(() => patched(USER, body, USER_SHAPE)).toThrow(fault('invalidSyntax'));
    expect(() => patched(USER, [], USER_SHAPE)).toThrow(fault('invalidValue'));
    expect(user({ op: 'add', value: { tenantId: 'x', role: 'owner', id: '9' } })).toEqual(USER);
  });
});
