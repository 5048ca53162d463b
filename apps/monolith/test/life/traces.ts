import { type BootedContexts, withClient } from '#platform/testing';

const TABLES = `
  select format('%I.%I', n.nspname, c.relname) as name from pg_class c
  join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' where c.relkind =
  'r' order by 1`;

/** Tables of the whole database that hold rows of a tenant, read off the catalogue; with `counted` how many. */
export function traces({ admin }: BootedContexts, tenantId: string, counted = false): Promise<string[]> {
  return withClient(admin, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(TABLES);
    const found: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ n: string }>(`select count(*) as n from ${name} where tenant_id = $1`, [tenantId]);
      if (rows[0]!.n !== '0') found.push(counted ? `${name} ${rows[0]!.n}` : name);
    }
    return found;
  });
}
