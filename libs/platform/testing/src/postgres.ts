import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { environment } from '#platform/core';
import { sharePostgres } from './servers/keeper.js';
import { type PostgresFacts, type PostgresOptions, runPostgres } from './servers/run-postgres.js';

export interface TestPostgres extends PostgresFacts {
  /** Makes an empty database, or a copy of `template` (which nobody may be connected to), and gives its URL as the superuser. */
  createDatabase(template?: string): Promise<string>;
  dropDatabase(url: string): Promise<void>;
  /** Of a server of the caller's own: ends it at once, and starts it again on what it left. */
  crash?: () => Promise<void>;
  again?: () => Promise<void>;
  close(): Promise<void>;
}

/**
 * A real Postgres 15 or newer: ATOLL_TEST_POSTGRES_URL, else installed binaries, else apt-get (root on Debian), else a container. All spec
 * files of a run share one server, started for the first and stopped a few seconds after the last; databases are the callers' own.
 * `own` starts another server for the caller alone (to crash it, or to turn fsync off).
 */
export async function startPostgres({ own, ...options }: PostgresOptions & { own?: boolean } = {}): Promise<TestPostgres> {
  if (own || environment().ATOLL_TEST_POSTGRES_URL) {
    const { facts, stop, crash, again } = await runPostgres(options);
    return { ...testPostgres(facts, stop), crash, again };
  }
  const { facts, leave } = await sharePostgres<PostgresFacts>();
  return testPostgres(facts, async () => leave());
}

function testPostgres(facts: PostgresFacts, close: () => Promise<void>): TestPostgres {
  const admin = (sql: string): Promise<void> => withAdmin(facts.adminUrl, async (client) => void (await client.query(sql)));
  return {
    ...facts,
    close,
    createDatabase: async (template = 'template0') => {
      const name = `t_${Date.now().toString(36)}_${randomBytes(4).toString('hex')}`;
      await admin(`create database ${name} template ${template}`);
      return databaseUrl(facts.adminUrl, name);
    },
    dropDatabase: (url) => admin(`drop database if exists ${new URL(url).pathname.slice(1)} with (force)`),
  };
}

export function databaseUrl(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

export function withAdmin<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withClient({ connectionString }, work);
}

export async function withClient<T>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
