import type pg from 'pg';
import { newId } from '#platform/core';
import { type ForeignKey, type Row, type TenantTable, dropChecks, insertSql, rowFor, tenantTables } from './rows.js';

/** As whom and for which tenant a statement is tried. `foreign` is one tenant going for another one's row. */
export const ACTORS = ['own', 'foreign', 'none', 'empty', 'garbage'] as const;
export const COMMANDS = ['select', 'insert', 'update', 'delete', 'upsert'] as const;
/** What keys could tell one tenant about another: `collide` repeats another's values, `reach` refers to another's rows. */
export const ORACLES = ['collide', 'reach'] as const;

export type Acting = (typeof ACTORS)[number];
export type Command = (typeof COMMANDS)[number];
type Oracle = (typeof ORACLES)[number];

export interface MatrixResult {
  tables: number;
  /** Statements tried. */
  cells: number;
  /** Each a sentence; empty is what is wanted. */
  holes: string[];
}

interface Seeds {
  tenant: string;
  rows: Map<string, Row>;
}

/**
 * Two tenants' rows in every tenant table of these contexts, and every command tried on them as every kind of tenant, under the
 * context's own role. Tables, columns and keys come from the catalogue: a new context joins by itself. Each try is undone and followed
 * by a look at the other tenant's rows. All of it is one transaction that is rolled back; `admin` is a superuser. `breach` is SQL that
 * damages the wall first, `only` the one table that is of interest then.
 */
export async function wallMatrix(admin: pg.ClientBase, contexts: string[],
  { breach = [], only }: { breach?: string[]; only?: string } = {}): Promise<MatrixResult> {
  await admin.query('begin');
  try {
    for (const statement of breach) await admin.query(statement);
    await dropChecks(admin, contexts);
    const tables = await tenantTables(admin, contexts);
    const [mine, theirs] = [await seed(admin, tables), await seed(admin, tables)];
    await admin.query('set local session_replication_role = origin');
    const result: MatrixResult = { tables: 0, cells: 0, holes: [] };
    for (const table of tables.filter((one) => only === undefined || one.table === only))
      await tableMatrix(admin, table, contexts, mine, theirs, result);
    return result;
  } finally {
    await admin.query('rollback');
  }
}

async function tableMatrix(admin: pg.ClientBase, table: TenantTable, contexts: string[], mine: Seeds, theirs: Seeds,
  result: MatrixResult): Promise<void> {
  const before = await digest(admin, table, theirs.tenant);
  for (const acting of ACTORS) {
    for (const command of COMMANDS) {
      const { answer, after } = await tried(admin, table, acting, command, mine, theirs);
      const hole = judge(table, acting, command, answer, mine.tenant, after === before);
      if (hole) result.holes.push(`${table.table}: ${command} as ${acting} ${hole}`);
    }
  }
  for (const oracle of ORACLES) {
    const told = await asked(admin, table, oracle, mine, theirs);
    if (told) result.holes.push(`${table.table}: ${oracle} ${told}`);
  }
  const reached = await strangers(admin, table, contexts, mine.tenant);
  result.holes.push(...reached.holes);
  result.cells += ACTORS.length * COMMANDS.length + ORACLES.length + reached.tried;
  result.tables++;
}

/** One row of a new tenant in every table, put there past the wall. */
async function seed(admin: pg.ClientBase, tables: TenantTable[]): Promise<Seeds> {
  const seeds: Seeds = { tenant: newId(), rows: new Map() };
  await admin.query(`set local session_replication_role = replica`);
  for (const table of tables) {
    const row = rowFor(table, seeds.tenant, seeds.rows);
    await admin.query(insertSql(table, row));
    seeds.rows.set(table.table, row);
  }
  return seeds;
}

/** Several statements in one text where they have no parameters: on the embedded engine a round trip is what costs. */
async function tried(admin: pg.ClientBase, table: TenantTable, acting: Acting, command: Command, mine: Seeds,
  theirs: Seeds): Promise<{ answer: Answer; after: string | null }> {
  const tenant = { own: mine.tenant, foreign: mine.tenant, none: undefined, empty: '', garbage: 'not-a-tenant' }[acting];
  const setting = tenant === undefined ? '' : `select set_config('app.tenant_id', '${tenant}', true);`;
  await admin.query(`savepoint cell; select set_config('role', 'atoll_${table.context}', true); ${setting} savepoint here`);
  const answer = await attempt(admin, statement(table, acting, command, mine, theirs));
  await admin.query(`${answer.failed ? 'rollback to here;' : ''} reset role`);
  const after = await digest(admin, table, theirs.tenant);
  await admin.query('rollback to cell');
  return { answer, after };
}

/** Keys are checked outside row security: only what they are made of keeps them from answering for another tenant's rows. */
async function asked(admin: pg.ClientBase, table: TenantTable, oracle: Oracle, mine: Seeds, theirs: Seeds): Promise<string | undefined> {
  for (const row of oracle === 'collide' ? [colliding(table, mine, theirs)]
    : table.foreignKeys.flatMap((key) => reaching(table, key, mine, theirs))) {
    await admin.query(`savepoint cell; set local session_replication_role = replica; delete from ${table.table} where tenant_id = ` +
      `'${mine.tenant}'; set local session_replication_role = origin`);
    await admin.query(`set constraints all immediate; select set_config('role', 'atoll_${table.context}', true), ` +
      `set_config('app.tenant_id', '${mine.tenant}', true)`);
    const { failed } = await attempt(admin, insertSql(table, row));
    await admin.query('rollback to cell');
    if (oracle === 'collide' && failed === '23505') return 'told that another tenant has the same values';
    if (oracle === 'reach' && failed === undefined) return 'referred to a row of another tenant';
  }
  return undefined;
}

/** The other tenant's values, with keys into one's own rows. */
function colliding(table: TenantTable, mine: Seeds, theirs: Seeds): Row {
  const [own, other] = [mine.rows.get(table.table)!, theirs.rows.get(table.table)!];
  const foreign = new Set(table.foreignKeys.flatMap(({ columns }) => columns));
  return { ...Object.fromEntries(Object.keys(own).map((name) => [name, foreign.has(name) ? own[name] : other[name]])),
    tenant_id: mine.tenant };
}

/** A row of one's own that names the other tenant's by this key, also where it need name none. */
function reaching(table: TenantTable, { columns, target, targetColumns }: ForeignKey, mine: Seeds, theirs: Seeds): Row[] {
  const other = theirs.rows.get(target);
  if (!other || columns.every((name) => name === 'tenant_id')) return [];
  return [{ ...rowFor(table, mine.tenant, mine.rows), ...Object.fromEntries(columns.map((name, at) => [name, other[targetColumns[at]!]])),
    tenant_id: mine.tenant }];
}

interface Answer {
  failed?: string;
  rows: Row[];
  count: number;
}

async function attempt(admin: pg.ClientBase, { text, values }: { text: string; values: unknown[] }): Promise<Answer> {
  try {
    const { rows, rowCount } = await admin.query<Row>(text, values);
    return { rows, count: rowCount ?? 0 };
  } catch (error) {
    return { failed: (error as { code?: string }).code ?? (error as Error).message, rows: [], count: 0 };
  }
}

/** own works on its own row. Everybody else goes for the other tenant's: by its key, and by putting a row into its name. */
function statement(table: TenantTable, acting: Acting, command: Command, mine: Seeds, theirs: Seeds): { text: string; values: unknown[] } {
  const target = acting === 'own' ? mine : theirs;
  const key = table.primaryKey.map((column, at) => `"${column}" = $${at + 1}`).join(' and ');
  const values = table.primaryKey.map((column) => target.rows.get(table.table)![column]);
  switch (command) {
    case 'select':
      return { text: `select tenant_id from ${table.table}`, values: [] };
    case 'insert':
      return insertSql(table, rowFor(table, target.tenant, target.rows));
    case 'update':
      // The foreign one also tries to give its own rows away.
      return acting === 'foreign' ? { text: `update ${table.table} set tenant_id = $1`, values: [theirs.tenant] }
        : { text: `update ${table.table} set tenant_id = tenant_id where ${key}`, values };
    case 'delete':
      return { text: `delete from ${table.table} where ${key}`, values };
    case 'upsert':
      return insertSql(table, target.rows.get(table.table)!,
        `on conflict (${table.primaryKey.map((column) => `"${column}"`).join(', ')}) do update set tenant_id = excluded.tenant_id`);
  }
}

/** Failures of the wall's own kind: row security, a missing privilege, a tenant that is no uuid. */
const REFUSED = new Set(['42501', '22P02']);
/** Keys of a made-up row that met: says nothing about the wall. */
const KEYS = new Set(['23505', '23503']);

function judge(table: TenantTable, acting: Acting, command: Command, answer: Answer, tenant: string, intact: boolean): string | undefined {
  if (!intact) return 'changed a row of the other tenant';
  if (answer.rows.some((row) => row.tenant_id !== tenant)) return 'showed a row of another tenant';
  if (answer.failed && !REFUSED.has(answer.failed) && !KEYS.has(answer.failed)) return `failed in an unexpected way: ${answer.failed}`;
  if (acting === 'own') return judgeOwn(table, command, answer);
  if (command === 'select' && acting === 'foreign') return undefined;
  if (command === 'insert' || command === 'upsert')
    return answer.failed && REFUSED.has(answer.failed) ? undefined : `was not refused by the wall (${answer.failed ?? 'it went through'})`;
  return answer.count > 0 ? `reached ${answer.count} rows` : undefined;
}

/** A wall that keeps the tenant itself out is no wall either; only missing privileges and further policies may. */
function judgeOwn(table: TenantTable, command: Command, answer: Answer): string | undefined {
  if (table.narrowed || answer.failed === '42501' || (answer.failed && KEYS.has(answer.failed))) return undefined;
  return command !== 'insert' && answer.count === 0 ? 'did not reach its own row' : undefined;
}

/** Roles of other contexts, and all system roles without a policy, see nothing here whatever tenant they name. */
async function strangers(admin: pg.ClientBase, table: TenantTable, contexts: string[],
  tenant: string): Promise<{ tried: number; holes: string[] }> {
  const { rows: opened } = await admin.query<{ role: string }>(
    `select pg_get_userbyid(r)::text as role from pg_policy p, unnest(p.polroles) r where p.polrelid = $1::regclass and p.polpermissive ` +
      `and p.polcmd in ('r', '*') and r <> 0`,
    [table.table],
  );
  const insiders = new Set([...opened.map(({ role }) => role), `atoll_${table.context}`]);
  const roles = contexts.flatMap((context) => [`atoll_${context}`, `atoll_${context}_system`])
    .filter((role) => !insiders.has(role) && !(table.context === 'kernel' && !role.endsWith('_system')));
  const holes: string[] = [];
  for (const role of roles) {
    await admin.query(`savepoint cell; select set_config('role', '${role}', true), set_config('app.tenant_id', '${tenant}', true)`);
    const answer = await attempt(admin, { text: `select tenant_id from ${table.table}`, values: [] });
    if (answer.failed !== '42501' && answer.count > 0) holes.push(`${table.table}: ${role} saw ${answer.count} rows`);
    await admin.query('rollback to cell');
  }
  return { tried: roles.length, holes };
}

async function digest(admin: pg.ClientBase, table: TenantTable, tenant: string): Promise<string | null> {
  const { rows } = await admin.query<{ sum: string | null }>(`select md5(string_agg(t::text, '|' order by t::text)) as sum from ` +
    `${table.table} t where tenant_id = $1`, [tenant]);
  return rows[0]!.sum;
}
