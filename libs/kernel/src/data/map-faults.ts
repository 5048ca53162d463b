import type pg from 'pg';
import type { DataMap } from './data-map.js';

interface Table {
  name: string;
  columns: string[];
}

const TABLES = `
  select format('%s.%s', n.nspname, c.relname) as name, array_agg(a.attname::text) filter (where a.atttypid in ('uuid'::regtype, 'text'::regtype)) as columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
  where n.nspname = any($1) and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped group by 1 order by 1`;

/** Columns that name a person wherever they stand. */
const PERSON = /^(user|owner|member|actor|identity|person|author|invitee|inviter)_id$|_by$/;

/** The migration runner's own record of itself. */
const NOT_DATA = new Set(['kernel.migration', 'kernel.database']);

/** What the maps leave out of this database, say of tables that are not there, or do not know of people. Read off the catalogue, so nothing can be forgotten. */
export async function dataMapFaults(client: pg.ClientBase, owners: { name: string; dataMap?: DataMap }[]): Promise<string[]> {
  const { rows } = await client.query<Table>(TABLES, [owners.map(({ name }) => name)]);
  const tables = rows.filter(({ name }) => !NOT_DATA.has(name));
  return owners.flatMap(({ name: owner, dataMap = {} }) => {
    const own = tables.filter(({ name }) => name.startsWith(`${owner}.`));
    const gone = Object.keys(dataMap).filter((name) => !own.some((table) => table.name === name));
    return [...own.flatMap((table) => faultsOf(table, dataMap)), ...gone.map((name) => `the data map of ${owner} tells of ${name}, which is no table of its`)];
  });
}

function faultsOf({ name, columns }: Table, map: DataMap): string[] {
  const entry = map[name];
  if (!entry) return [`${name} is not on the data map: say what it holds, whom it names and how long it is kept`];
  const named = entry.person ?? [];
  const texts = columns ?? [];
  return [
    ...named.filter((column) => !texts.includes(column)).map((column) => `${name} has no column ${column} that could name a person`),
    ...texts.filter((column) => PERSON.test(column) && !named.includes(column)).map((column) => `${name}.${column} names people, and the data map does not say so`),
  ];
}
