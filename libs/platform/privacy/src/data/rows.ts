import { AppError, current } from '#platform/core';
import { type Db, sqlState } from '#platform/database';
import type { ContextTable } from './context-tables.js';

/** Bytes that one page of rows should have: rows may hold a whole book or three numbers. */
const PAGE_BYTES = 2 * 1024 * 1024;
const FIRST_PAGE = 20;
const MOST_ROWS = 2_000;
/** Small enough that no statement holds the embedded engine for long. */
const DELETED_AT_ONCE = 2_000;

const FOREIGN_KEY = '23503';

/** A condition on the rows `t` of a table, with values for $2 onwards. */
export interface Which {
  where?: string;
  values?: unknown[];
}

/** The tenant's rows of a table as JSON texts, in the order of their key, a page at a time. Columns that stay behind are left out. */
export async function* readRows(db: Db, { name, columns, key, data }: ContextTable,
  { where, values = [] }: Which = {}): AsyncGenerator<string[]> {
  const shown = columns.filter((column) => !(column in (data.without ?? {})));
  const keys = key.map(({ column }) => `t.${column}`);
  let after: string[] | undefined;
  for (let limit = FIRST_PAGE; ;) {
    const given = [current().tenantId, ...values];
    const later = after && keys.length > 0
      ? ` and (${keys.join(', ')}) > (${key.map(({ type }, at) => `$${given.length + at + 1}::${type}`).join(', ')})` : '';
    const rows = await inUtc(db, () => db.query<{ line: string; key: string[] }>(
      `select (to_jsonb(page) - 'atoll_key')::text as line, atoll_key as key from (
         select ${[...shown.map((column) => `t.${column}`),
           `array[${keys.map((one) => `${one}::text`).join(', ')}]::text[] as atoll_key`].join(', ')}
         from ${name} t where t.tenant_id =
         $1${where ? ` and (${where})` : ''}${later}${keys.length > 0 ? ` order by ${keys.join(', ')}` : ''} limit ${limit}) as page`,
      [...given, ...(later ? after! : [])],
    ));
    if (rows.length > 0) yield rows.map(({ line }) => line);
    if (rows.length < limit) return;
    after = rows.at(-1)!.key;
    const bytes = rows.reduce((sum, { line }) => sum + line.length, 0);
    limit = Math.max(1, Math.min(MOST_ROWS, Math.floor((limit * PAGE_BYTES) / (bytes + 1))));
  }
}

/** Times are written in UTC, whatever the server's own zone is. */
function inUtc<T>(db: Db, read: () => Promise<T>): Promise<T> {
  return db.tx(async () => {
    await db.query(`select set_config('TimeZone', 'UTC', true)`);
    return read();
  });
}

/**
 * Takes rows in, as the running tenant's: JSON texts of one table, all of the same columns. Those that are there already stay as they are.
 * Returns how many hang from nothing and were left out.
 */
export async function insertRows(db: Db, table: ContextTable, lines: string[]): Promise<number> {
  if (lines.length === 0) return 0;
  try {
    await insert(db, table, lines);
    return 0;
  } catch (error) {
    if (sqlState(error) !== FOREIGN_KEY) throw error;
    if (lines.length === 1) return 1;
    const half = lines.length >> 1;
    return (await insertRows(db, table, lines.slice(0, half))) + (await insertRows(db, table, lines.slice(half)));
  }
}

/** The rows' texts go to Postgres as they are: through a JavaScript number a large one would lose digits. */
async function insert(db: Db, { name, columns: known, data }: ContextTable, lines: string[]): Promise<void> {
  const given = Object.keys(JSON.parse(lines[0]!) as object);
  const unknown = given.find((column) => !known.includes(column));
  if (unknown !== undefined) throw new AppError('invalid', 'kernel.archive-columns',
    `The archive has a column ${unknown} in ${name} that this Atoll does not know. Import it with the version that made it, or a newer ` +
      `one.`);
  const instead = Object.fromEntries(Object.entries(data.without ?? {}).filter(([column]) => !given.includes(column)));
  const columns = [...given, ...Object.keys(instead)];
  await db.query(
    `insert into ${name} (${['tenant_id', ...columns].join(', ')})
     select $1, ${columns.map((column) => `part.${column}`).join(', ')} from unnest($2::text[]) as line cross join lateral
     jsonb_populate_record(null::${name}, line::jsonb || $3::jsonb) as part
     on conflict do nothing`,
    [current().tenantId, lines, JSON.stringify(instead)],
  );
}

export async function countRows(db: Db, { name, systemOnly }: ContextTable, { where, values = [] }: Which = {}): Promise<number> {
  const { tenantId } = current();
  const count = (): Promise<{ n: string }[]> => db.query<{ n: string }>(`select count(*) as n from ${name} t where t.tenant_id = ` +
    `$1${where ? ` and (${where})` : ''}`, [tenantId, ...values]);
  const [row] = systemOnly ? await db.system('counts what an erasure leaves', count) : await count();
  return Number(row!.n);
}

/** Deletes the tenant's rows of a table that `which` says, some at a time, so that a kill in the middle loses nothing but time. */
export async function eraseRows(db: Db, { name, systemOnly }: ContextTable, { where, values = [] }: Which = {},
  signal?: AbortSignal): Promise<void> {
  const { tenantId } = current();
  const erase = (): Promise<unknown[]> => db.query(
    `delete from ${name} where tenant_id = $1 and ctid = any (array(select t.ctid from ${name} t where t.tenant_id = ` +
      `$1${where ? ` and (${where})` : ''} limit ${DELETED_AT_ONCE})) returning true`,
    [tenantId, ...values],
  );
  for (;;) {
    signal?.throwIfAborted();
    const gone = systemOnly ? await db.system('erases insert-only rows of a tenant', erase) : await erase();
    if (gone.length < DELETED_AT_ONCE) return;
  }
}
