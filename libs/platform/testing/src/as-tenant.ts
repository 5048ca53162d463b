import { type Actor, newId, runAs } from '#platform/core';

const users = new Map<string, string>();

/** The user who acts for a tenant when a test names none: always the same one. */
export function userOf(tenantId: string): string {
  const user = users.get(tenantId) ?? newId();
  users.set(tenantId, user);
  return user;
}

/** Runs `work` as a user of a tenant, as a request of theirs would: owner with every permission, unless told otherwise. */
export function asTenant<T>(tenantId: string, work: () => T, actor: Partial<Actor> = {}): T {
  return runAs({ tenantId, actor: { kind: 'user', id: userOf(tenantId), roles: ['owner'], permissions: ['*'], ...actor } }, work);
}
