import { covers } from '#platform/core';
import type { Role } from '../contract.js';

/**
 * What a role may do, as patterns over the words of the routes' `@Allow`: a full name, `search.*` (a whole context), `*.read` (whatever
 * only reads) or `*`. The one table of it; custom roles are rows of such patterns.
 */
export const ROLE_PERMISSIONS: Record<Role, readonly string[]> = {
  /** Everything, closing the tenant and naming other owners included. */
  owner: ['*'],
  /** Everything but what belongs to the owner (`tenancy.ownership.*`, which no other role's patterns cover). */
  admin: [
    '*.read', 'search.*', 'memory.*', 'agent.*', 'billing.budget.write', 'analytics.*',
    'tenancy.profile.write', 'tenancy.keys.write', 'tenancy.accounts.write', 'tenancy.members.write', 'tenancy.roles.write',
    'tenancy.tenant.write', 'tenancy.audit.write', 'tenancy.widgets.write',
    'tenancy.teams.write', 'tenancy.grants.write',
  ],
  /** Works with the assistant and feeds it: asks, keeps conversations, adds knowledge. */
  member: ['*.read', 'search.*', 'memory.*', 'agent.runs.write', 'agent.feedback.write', 'tenancy.profile.write'],
  /** Asks and reads; changes nothing but their own conversations. */
  viewer: ['*.read', 'memory.*', 'agent.runs.write', 'agent.feedback.write', 'tenancy.profile.write'],
};

/** The scopes that `granted` does not hold: nobody hands out more than they have. */
export function beyond(granted: readonly string[], scopes: readonly string[]): string[] {
  return scopes.filter((scope) => !granted.some((pattern) => covers(pattern, scope)));
}

/** A permission or pattern as it may stand in a key's scopes. */
export const SCOPE = /^(\*|\*\.(read|write)|[a-z][a-z-]{0,40}(\.[a-z][a-z-]{0,40}){0,3}(\.\*)?)$/;
