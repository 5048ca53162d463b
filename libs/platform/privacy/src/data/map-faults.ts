import type pg from 'pg';
import { contextRole, systemRole } from '#platform/database';
import type { DataMap, TableData } from './data-map.js';

interface Table {
  name: string;
  /** Of ids and texts. */
  columns: string[] | null;
  all: string[];
  /** Some role of its context may delete a tenant's rows. */
  erasable: boolean;
}

/** What a system role's name ends in. */
const SYSTEM = systemRole('').slice(contextRole('').length);

const TABLES = `
  select format('%s.%s', n.nspname, c.relname) as name,
    array_agg(a.attname::text) filter (where a.atttypid in ('uuid'::regtype, 'text'::regtype)) as columns, array_agg(a.attname::text)
    as all,
    exists (select 1 from unnest(array['${contextRole('')}' || n.nspname, '${contextRole('')}' || n.nspname || '${SYSTEM}']) as role
      where exists (select 1 from pg_roles where rolname = role) and has_table_privilege(role, c.oid, 'delete')) as erasable
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
  where n.nspname = any($1) and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped group by c.oid, n.nspname, c.relname
  order by 1`;

/** Columns that name a person wherever they stand. */
const PERSON = /^(user|owner|member|actor|identity|person|author|invitee|inviter)_id$|_by$/;

/** The migration runner's own record of itself. */
const NOT_DATA = new Set(['kernel.migration', 'kernel.database']);

const LIVES = ['moves', 'rebuilt', 'stays', 'shared'];
const TIES = ['own', 'named'];

/**
 * What the maps leave out of this database, say of tables that are not there, or do not know of people. Read off the catalogue, so nothing
 * can be forgotten.
 */
export async function dataMapFaults(client: pg.ClientBase, owners: { name: string; dataMap?: DataMap }[]): Promise<string[]> {
  const { rows } = await client.query<Table>(TABLES, [owners.map(({ name }) => name)]);
  const tables = rows.filter(({ name }) => !NOT_DATA.has(name));
  return owners.flatMap(({ name: owner, dataMap = {} }) => {
    const own = tables.filter(({ name }) => name.startsWith(`${owner}.`));
    const gone = Object.keys(dataMap).filter((name) => !own.some((table) => table.name === name));
    return [...own.flatMap((table) => faultsOf(table, dataMap)),
      ...gone.map((name) => `the data map of ${owner} tells of ${name}, which is no table of its`)];
  });
}

function faultsOf({ name, columns, all, erasable }: Table, map: DataMap): string[] {
  const entry = map[name];
  if (!entry) return [`${name} is not on the data map: say what it holds, what becomes of it with its tenant, whom it names and how ` +
    `long it is kept`];
  const named = Object.keys(entry.person ?? {});
  const texts = columns ?? [];
  return [
    ...lifeFaults(name, entry, all, erasable),
    ...named.filter((column) => !texts.includes(column)).map((column) => `${name} has no column ${column} that could name a person`),
    ...texts.filter((column) => PERSON.test(column) && !named.includes(column))
      .map((column) => `${name}.${column} names people, and the data map does not say so`),
  ];
}

/** What would let rows outlive their tenant, or leave with nobody knowing how. */
function lifeFaults(name: string, { life, person = {}, without = {}, moving, bound, aged }: TableData, columns: string[],
  erasable: boolean): string[] {
  if (!LIVES.includes(life)) return [`${name} has no rule for export and erasure: set its life to one of ${LIVES.join(', ')}`];
  const ofTenants = columns.includes('tenant_id');
  return [
    ...(ofTenants === (life === 'shared')
      ? [`${name} ${ofTenants ? 'has tenants\' rows, so its life is not' : 'belongs to no tenant, so its life is'} shared`] : []),
    ...(ofTenants && !erasable ? [`${name} would outlive its tenant: no role of its context may delete from it. Add ` +
      `systemPolicy('${name}', 'select', …) and (…, 'delete', …)`] : []),
    ...Object.values(person).filter((tie) => !TIES.includes(tie)).map((tie) => `${name} ties a person as ${tie}; say own or named`),
    ...(aged && !columns.includes(aged.by) ? [`${name} has no column ${aged.by} that could tell its age`] : []),
    ...Object.keys(without).filter((column) => !columns.includes(column))
      .map((column) => `${name} has no column ${column} that could stay behind`),
    ...(life !== 'moves' && (moving !== undefined || bound || Object.keys(without).length > 0)
      ? [`${name} does not move, so nothing can be said of how`] : []),
  ];
}
