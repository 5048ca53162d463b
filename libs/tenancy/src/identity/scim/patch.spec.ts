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

  it('refuses the rest by its name', () => {
    const cases: [string, unknown][] = [
      ['invalidSyntax', { op: 'move', path: 'active' }], ['invalidSyntax', { path: 'active', value: 1 }],
      ['invalidPath', { op: 'add', path: 'tenantId', value: 'x' }],
      ['invalidPath', { op: 'add', path: 'constructor.prototype', value: {} }],
      ['invalidPath', { op: 'add', path: '__proto__', value: { admin: true } }],
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
