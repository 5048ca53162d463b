import { randomUUID } from 'node:crypto';
import type pg from 'pg';

export interface Column {
  name: string;
  type: string;
  /** First label of an enumerated type. */
  label: string | null;
  required: boolean;
}

export interface ForeignKey {
  columns: string[];
  target: string;
  targetColumns: string[];
}

/** One tenant table as the catalogue tells it. */
export interface TenantTable {
  context: string;
  /** With its schema, quoted. */
  table: string;
  columns: Column[];
  primaryKey: string[];
  foreignKeys: ForeignKey[];
  /** Has restrictive policies beside the tenant's: a tenant may then not see all of its own rows. */
  narrowed: boolean;
}

export type Row = Record<string, unknown>;

const TABLES = `
  select n.nspname as context, format('%I.%I', n.nspname, c.relname) as "table",
    (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
       'label', (select e.enumlabel from pg_enum e where e.enumtypid = a.atttypid order by e.enumsortorder limit 1),
       'required', a.attnotnull and not a.atthasdef and a.attidentity = '') order by a.attnum)
     from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
    (select coalesce(json_agg(a.attname order by k.i), '["tenant_id"]') from pg_constraint p, unnest(p.conkey) with ordinality k(n, i),
    pg_attribute a
     where p.conrelid = c.oid and p.contype = 'p' and a.attrelid = c.oid and a.attnum = k.n) as "primaryKey",
    (select coalesce(json_agg(json_build_object(
       'columns', (select json_agg(a.attname order by k.i) from unnest(f.conkey) with ordinality k(n, i) join pg_attribute a on
       a.attrelid = f.conrelid and a.attnum = k.n),
       'target', (select format('%I.%I', tn.nspname, t.relname) from pg_class t join pg_namespace tn on tn.oid = t.relnamespace where
       t.oid = f.confrelid),
       'targetColumns', (select json_agg(a.attname order by k.i) from unnest(f.confkey) with ordinality k(n, i) join pg_attribute a on
       a.attrelid = f.confrelid and a.attnum = k.n))), '[]')
     from pg_constraint f where f.conrelid = c.oid and f.contype = 'f') as "foreignKeys",
    (select count(*) > 1 from pg_policy p where p.polrelid = c.oid and not p.polpermissive) as narrowed
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any($1) and c.relkind in ('r', 'p') and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname
  = 'tenant_id' and not a.attisdropped)
  order by 1, 2`;

/** Every table with a tenant_id in these schemas, parents before children. */
export async function tenantTables(admin: pg.ClientBase, contexts: string[]): Promise<TenantTable[]> {
  const { rows } = await admin.query<TenantTable>(TABLES, [contexts]);
  const sorted: TenantTable[] = [];
  const add = (table: TenantTable, above: TenantTable[]): void => {
    if (sorted.includes(table) || above.includes(table)) return;
    for (const { target } of table.foreignKeys) {
      const parent = rows.find((one) => one.table === target);
      if (parent) add(parent, [...above, table]);
    }
    sorted.push(table);
  };
  rows.forEach((row) => add(row, []));
  return sorted;
}

/** CHECK constraints and computed columns say what a row may hold, which is not what is tried here and cannot be guessed. */
export async function dropChecks(admin: pg.ClientBase, contexts: string[]): Promise<void> {
  const { rows } = await admin.query<{ sql: string }>(
    `select format('alter table %I.%I drop constraint %I', n.nspname, c.relname, k.conname) as sql
     from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace where k.contype = 'c' and
     n.nspname = any($1)
     union all
     select format('alter table %I.%I alter column %I drop expression', n.nspname, c.relname, a.attname)
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace where a.attgenerated = 's'
     and n.nspname = any($1)`,
    [contexts],
  );
  for (const { sql } of rows) await admin.query(sql);
}

/** A row for this tenant: what is required by type, keys into the tenant's own rows, the primary key new. */
export function rowFor(table: TenantTable, tenantId: string, own: Map<string, Row>): Row {
  const row: Row = {};
  for (const column of table.columns) {
    if (column.required || table.primaryKey.includes(column.name)) row[column.name] = valueOf(column);
  }
  for (const { columns, target, targetColumns } of table.foreignKeys) {
    const parent = own.get(target);
    const needed = columns.some((column) => row[column] !== undefined && column !== 'tenant_id');
    columns.forEach((column, at) => {
      if (needed) row[column] = parent?.[targetColumns[at]!] ?? row[targetColumns[at]!];
    });
  }
  return { ...row, tenant_id: tenantId };
}

export function insertSql(table: TenantTable, row: Row, tail = ''): { text: string; values: unknown[] } {
  const names = Object.keys(row);
  const text = `insert into ${table.table} (${names.map((name) => `"${name}"`).join(', ')}) values ` +
    `(${names.map((_, at) => `$${at + 1}`).join(', ')}) ${tail}`;
  return { text, values: Object.values(row) };
}

function valueOf({ type, label }: Column): unknown {
  if (label !== null) return label;
  if (type.endsWith('[]')) return '{}';
  const [base, size] = [type.replace(/\(.*\)/, '').trim(), Number(/\((\d+)/.exec(type)?.[1] ?? 0)];
  switch (base) {
    case 'uuid':
      return randomUUID();
    case 'boolean':
      return true;
    case 'smallint':
    case 'integer':
    case 'bigint':
      return Math.floor(Math.random() * 30_000);
    case 'numeric':
    case 'real':
    case 'double precision':
      return 1;
    case 'timestamp with time zone':
    case 'timestamp without time zone':
    case 'date':
      return new Date(Date.UTC(2026, 0, 1 + Math.floor(Math.random() * 10_000))).toISOString();
    case 'time without time zone':
    case 'time with time zone':
      return '12:00';
    case 'interval':
      return '1 day';
    case 'json':
    case 'jsonb':
      return '{}';
    case 'bytea':
      return Buffer.from(randomUUID());
    case 'inet':
      return '127.0.0.1';
    case 'tsvector':
      return '';
    case 'vector':
    case 'halfvec':
      return `[${new Array<number>(size || 3).fill(0.5).join(',')}]`;
    default:
      return size > 0 ? randomUUID().slice(0, size) : randomUUID();
  }
}
