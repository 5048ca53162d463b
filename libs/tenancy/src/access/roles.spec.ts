import { covers } from '#platform/core';
import { ROLE_PERMISSIONS, SCOPE, beyond } from './roles.js';

describe('patterns of permissions', () => {
  it.each([
    ['*', 'search.files.write', true],
    ['search.*', 'search.files.write', true],
    ['search.*', 'searching.files.write', false],
    ['search.*', 'search.files.*', true],
    ['search.*', '*', false],
    ['*.read', 'billing.usage.read', true],
    ['*.read', 'billing.usage.write', false],
    ['*.read', 'billing.*', false],
    ['*.read', '*', false],
    ['search.files.read', 'search.files.read', true],
    ['search.files.read', 'search.files.*', false],
  ])('%p over %p: %p', (pattern, needed, held) => expect(covers(pattern, needed)).toBe(held));

  it('nobody hands out more than they have', () => {
    expect(beyond(ROLE_PERMISSIONS.owner, ['*', 'tenancy.*'])).toEqual([]);
    expect(beyond(ROLE_PERMISSIONS.admin, ['search.*', '*.read', '*', 'tenancy.*', 'tenancy.ownership.write']))
      .toEqual(['*', 'tenancy.*', 'tenancy.ownership.write']);
    expect(beyond(ROLE_PERMISSIONS.viewer, ['search.files.write', 'tenancy.keys.write', 'search.files.read']))
      .toEqual(['search.files.write', 'tenancy.keys.write']);
  });

  it('every pattern of the table is one that a scope may be', () => {
    for (const pattern of Object.values(ROLE_PERMISSIONS).flat()) expect(pattern).toMatch(SCOPE);
    for (const bad of ['', '**', 'a*', '*.delete', 'search.*.read', 'Search.files', 'a..b', 'x'.repeat(300)])
      expect(bad).not.toMatch(SCOPE);
  });
});
