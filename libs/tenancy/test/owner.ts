import pg from 'pg';
import type { Databases } from '#platform/database';
import { databaseUrl, startPostgres } from '#platform/testing';

/** Somebody who has got hold of the whole database: statements as its owner, past every wall and grant. */
export async function asOwner(databases: Databases, sql: string, params: unknown[] = []): Promise<Record<string, unknown>[]> {
  const { config, embedded } = databases.connection('tenancy');
  if (embedded) return statement(config, sql, params);
  const server = await startPostgres();
  try {
    const [{ name }] = (await statement(config, 'select current_database() as name', [])) as [{ name: string }];
    return await statement({ connectionString: databaseUrl(server.adminUrl, name) }, sql, params);
  } finally {
    await server.close();
  }
}

async function statement(config: pg.ClientConfig, sql: string, params: unknown[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql, params)).rows;
  } finally {
    await client.end();
  }
}
