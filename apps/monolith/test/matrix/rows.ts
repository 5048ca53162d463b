import type pg from 'pg';
import { withClient } from '#platform/testing';

const TABLES = `
  select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')
    and format('%I.%I', n.nspname, c.relname) <> all ($1) order by 1`;

/** A schedule notes in it, every minute and for every tenant, up to where a chain was witnessed; the entries themselves are compared. */
const LIVING = ['tenancy.audit_head'];

/** Counts and checksums of one tenant's rows in every table that has a tenant. */
export class TenantRows {
  private constructor(
    private readonly admin: pg.ClientConfig,
    private readonly tenantId: string,
    readonly tables: string[],
  ) {}

  static async of(admin: pg.ClientConfig, tenantId: string): Promise<TenantRows> {
    const tables = await withClient(admin,
      async (client) => (await client.query<{ name: string }>(TABLES, [LIVING])).rows.map(({ name }) => name));
    return new TenantRows(admin, tenantId, tables);
  }

  async sums(): Promise<Map<string, string>> {
    const sql = this.tables.map((table) => `select '${table}' as name, count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by ` +
      `t::text)), '') as sum from ${table} t where tenant_id = '${this.tenantId}'`).join(' union all ');
    const { rows } = await withClient(this.admin, (client) => client.query<{ name: string; sum: string }>(sql));
    return new Map(rows.map(({ name, sum }) => [name, sum]));
  }
}

/** Tables whose rows are not what they were. */
export function changed(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...after].filter(([table, sum]) => before.get(table) !== sum).map(([table]) => table);
}
