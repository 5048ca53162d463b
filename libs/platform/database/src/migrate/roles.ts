import type pg from 'pg';
import { retrying } from '#platform/core';
import { sqlState } from '../connection/errors.js';
import { ALL_CONTEXTS, contextRole, systemRole } from '../schema/tables.js';

/** May become every context's role and is none of them: what a login role is given membership in. */
export const RUNTIME = 'atoll_runtime';

/** Roles belong to the whole cluster: another database's migration may create the same one at the same moment. */
const LOST_RACE = new Set(['42710', '23505', 'XX000', '40001']);

/**
 * The roles of one context and their places: nobody logs in as them, they inherit nothing but (the ordinary one) the platform's tables, and
 * the login role may put them on. NOINHERIT on `atoll_runtime` keeps a login without SET ROLE from seeing anything.
 */
export async function ensureRoles(admin: pg.ClientBase, context: string): Promise<void> {
  await ensureRole(admin, RUNTIME, 'nologin noinherit');
  await ensureRole(admin, ALL_CONTEXTS, 'nologin');
  for (const role of [contextRole(context), systemRole(context)]) {
    await ensureRole(admin, role, 'nologin');
    await ensureMember(admin, role, RUNTIME);
  }
  await ensureMember(admin, ALL_CONTEXTS, contextRole(context));
}

export async function ensureRole(admin: pg.ClientBase, role: string, attributes: string): Promise<void> {
  await unlessThere(
    async () => (await admin.query('select 1 from pg_roles where rolname = $1', [role])).rowCount === 1,
    () => admin.query(`create role ${role} ${attributes}`),
  );
}

export async function ensureMember(admin: pg.ClientBase, group: string, member: string): Promise<void> {
  await unlessThere(
    async () => (await admin.query('select 1 from pg_auth_members where roleid = $1::regrole and member = $2::regrole',
      [group, member])).rowCount !== 0,
    () => admin.query(`grant ${group} to ${member}`),
  );
}

async function unlessThere(there: () => Promise<boolean>, make: () => Promise<unknown>): Promise<void> {
  const lost = (error: unknown): boolean => LOST_RACE.has(sqlState(error) ?? '');
  await retrying({ attempts: 20, pauseMs: (attempt) => 20 * attempt * Math.random(), when: lost }, async () => {
    if (!(await there())) await make();
  });
}
