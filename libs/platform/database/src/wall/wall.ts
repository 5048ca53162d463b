import type pg from 'pg';
import { AppError } from '#platform/core';
import { ALL_CONTEXTS, contextRole, systemRole } from '../schema/tables.js';
import { type Catalogue, readCatalogue } from './catalogue.js';
import { type Fault, type Place, type Rule, sentence } from './fault.js';
import { detourFaults } from './others.js';
import { loginFaults, roleFaults } from './roles.js';
import { grantFaults, tableFaults } from './tables.js';

const RULES: Rule[] = [tableFaults, grantFaults, roleFaults, detourFaults];

/**
 * Every hole in the wall of this database, as sentences that say what and how to mend. Covers the contexts named and every other schema
 * that has a context's role. `embedded`: the login there is a superuser by nature, and SET ROLE in each statement is what holds.
 */
export async function wallFaults(connection: pg.ClientBase, contexts: string[], embedded: boolean): Promise<Fault[]> {
  const catalogue = await readCatalogue(connection);
  const places = placesOf(catalogue, contexts);
  return [...(embedded ? [] : loginFaults(catalogue, places)), ...RULES.flatMap((rule) => rule(catalogue, places))];
}

/** Boot's self-test: refuses to start on a wall with a hole. */
export async function assertWall(connection: pg.ClientBase, contexts: string[], embedded: boolean): Promise<void> {
  refuse(await wallFaults(connection, contexts, embedded));
}

const ABOVE = new Set(['login-superuser', 'login-bypassrls', 'login-createrole', 'login-replication', 'login-owner']);

/** The first question to a real server, also before there is a schema: a login above the wall makes the rest of it pointless. */
export async function assertLogin(connection: pg.ClientBase): Promise<void> {
  const catalogue = await readCatalogue(connection);
  refuse(loginFaults(catalogue, placesOf(catalogue, [])).filter(({ rule }) => ABOVE.has(rule)));
}

function refuse(faults: Fault[]): void {
  if (faults.length === 0) return;
  const shown = faults.slice(0, 20).map((fault) => `  ${sentence(fault)}`);
  const more = faults.length > shown.length ? `\n  ... and ${faults.length - shown.length} more.` : '';
  throw new AppError('internal', 'kernel.wall', `Atoll did not start: the wall between tenants has ${faults.length} ` +
    `hole${faults.length > 1 ? 's' : ''}.\n${shown.join('\n')}${more}\nNothing was read or written. Mend them and start again.`,
    { errors: faults.map((fault) => ({ pointer: fault.object, detail: sentence(fault) })) });
}

function placesOf(catalogue: Catalogue, contexts: string[]): Map<string, Place> {
  const roles = new Set(catalogue.roles.map((role) => role.name));
  const names = catalogue.schemas.map((schema) => schema.name).filter((name) => roles.has(contextRole(name)));
  return new Map(['kernel', ...contexts, ...names].map((context) => [context, placeOf(context)]));
}

function placeOf(context: string): Place {
  const role = context === 'kernel' ? ALL_CONTEXTS : contextRole(context);
  return { context, role, system: systemRole(context), insiders: [role, contextRole(context), systemRole(context)] };
}
