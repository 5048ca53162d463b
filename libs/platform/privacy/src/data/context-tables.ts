import type { Db } from '#platform/database';
import type { DataMap, TableData } from './data-map.js';

/** A table of tenants' rows with what the catalogue says of it. */
export interface ContextTable {
  name: string;
  data: TableData;
  /** Without the tenant and what Postgres computes. */
  columns: string[];
  /** Primary key without the tenant, with types. */
  key: { column: string; type: string }[];
  parents: { table: string; columns: [own: string, theirs: string][] }[];
  /** The context's ordinary role may not delete from it (it is insert-only); its system role may. */
  systemOnly: boolean;
}

const TABLES = `
  select format('%s.%s', n.nspname, c.relname) as name,
    (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attname <> 'tenant_id') as columns,
    coalesce((select json_agg(json_build_object('column', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by k.place)
      from pg_index i cross join lateral unnest(i.indkey) with ordinality as k (num, place) join pg_attribute a on a.attrelid = c.oid
      and a.attnum = k.num
      where i.indrelid = c.oid and i.indisprimary and a.attname <> 'tenant_id'), '[]') as key,
    coalesce((select json_agg(json_build_object('table', format('%s.%s', pn.nspname, p.relname), 'columns',
        (select json_agg(json_build_array(own.attname, theirs.attname)) from unnest(f.conkey, f.confkey) as pair (o, t)
          join pg_attribute own on own.attrelid = f.conrelid and own.attnum = pair.o join pg_attribute theirs on theirs.attrelid =
          f.confrelid and theirs.attnum = pair.t)))
      from pg_constraint f join pg_class p on p.oid = f.confrelid join pg_namespace pn on pn.oid = p.relnamespace where f.conrelid =
      c.oid and f.contype = 'f'), '[]') as parents,
    not has_table_privilege(current_user, c.oid, 'delete') as "systemOnly"
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind in ('r', 'p') order by 1`;

/** The tables of a context that hold tenants' rows, those before others that others hang from. */
export async function contextTables(db: Db, context: string, dataMap: DataMap): Promise<ContextTable[]> {
  const rows = await db.query<Omit<ContextTable, 'data'>>(TABLES, [context]);
  const tables = rows.filter(({ name }) => (dataMap[name]?.life ?? 'shared') !== 'shared')
    .map((row): ContextTable => ({ ...row, data: dataMap[row.name]! }));
  return parentsFirst(tables);
}

function parentsFirst(tables: ContextTable[]): ContextTable[] {
  const sorted: ContextTable[] = [];
  const visit = (table: ContextTable, path: ContextTable[]): void => {
    if (sorted.includes(table) || path.includes(table)) return;
    for (const { table: name } of table.parents) {
      const parent = tables.find((one) => one.name === name);
      if (parent && parent !== table) visit(parent, [...path, table]);
    }
    sorted.push(table);
  };
  for (const table of tables) visit(table, []);
  return sorted;
}

/**
 * Rows of a table that are one person's own ($2, their id as text), as a condition on `alias`; undefined where none can be. Directly by the
 * data map, or because they hang from such a row.
 */
export function ownRows(table: ContextTable, tables: ContextTable[], alias = 't', depth = 0): string | undefined {
  const { person = {}, personWhere } = table.data;
  const direct = Object.entries(person).filter(([, tie]) => tie === 'own').map(([column]) => `${alias}.${column}::text = $2`);
  const hanging = table.parents.flatMap(({ table: name, columns }) => {
    const parent = tables.find((one) => one.name === name && one !== table);
    const theirs = `${alias}_${depth}`;
    const condition = parent && ownRows(parent, tables, theirs, depth + 1);
    return condition ? [`exists (select 1 from ${name} ${theirs} where ` +
      `${columns.map(([own, other]) => `${theirs}.${other} = ${alias}.${own}`).join(' and ')} and (${condition}))`] : [];
  });
  const all = [...direct, ...(personWhere ? [`(${personWhere.replaceAll('$1', '$2')})`] : []), ...hanging];
  return all.length > 0 ? all.join(' or ') : undefined;
}
