import { AppError, clockSkew } from '#platform/core';
import { withClient, type DatabaseTarget } from './database.js';
import { assertSchema } from './migrate/schema.js';
import { serverVersion } from './migrate/server.js';
import { type Pooler, poolerAt } from './connection/pooler.js';
import { type Fault, sentence } from './wall/fault.js';
import { assertLogin, wallFaults } from './wall/wall.js';

/** What a look at one database found; a refusal is the very error that would end a start. */
export interface DatabaseFindings {
  /** As the server writes it: 15.8. */
  version: string;
  tooOld?: AppError;
  /** The login stands above the wall. */
  login?: AppError;
  /** Migrations that are missing, edited or of a newer program. */
  schema?: AppError;
  /** Holes in the wall, each a sentence that says how to mend it. Not looked for before the schema is right. */
  wall: string[];
  vector: 'used' | 'offered' | 'absent';
  /** A standby: it takes no writes. */
  readOnly: boolean;
  /** Settings that make the server acknowledge what a power cut takes away again. */
  unsafe: string[];
  connections: { most: number; taken: number };
  /** What stands between here and the server, and what the settings say; of the direct way and that of migrations as well. */
  pooler: { found: Pooler; set: Pooler; direct?: Pooler; migration?: Pooler };
  /** The server's clock against this process's, in milliseconds; positive when the server is ahead. */
  skewMs: number;
}

interface ServerRow {
  version: string;
  readOnly: boolean;
  most: number;
  taken: number;
  unsafe: string[] | null;
  offered: boolean;
}

const SERVER = `select current_setting('server_version') as version, pg_is_in_recovery() as "readOnly",
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
  (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as taken,
  (select array_agg(name || ' = ' || setting) from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') and
  setting = 'off') as unsafe,
  exists (select 1 from pg_available_extensions where name = 'vector') as offered`;

const NOW = 'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now';

/** Behind `npm run atoll -- doctor`: asks the same questions as a start, but goes on after a bad answer and changes nothing. */
export async function inspectDatabase(target: DatabaseTarget): Promise<DatabaseFindings> {
  return withClient(target.config, async (client) => {
    const { rows } = await client.query<ServerRow>(SERVER);
    const { version, readOnly, most, taken, unsafe, offered } = rows[0]!;
    const tooOld = await refusal(() => serverVersion(client));
    const login = target.embedded ? undefined : await refusal(() => assertLogin(client));
    const { value: schema, refused } = await asked(() => assertSchema(client, target.schemas, target.embedded));
    const wall: Fault[] = refused ? [] : await wallFaults(client, target.schemas.map(({ name }) => name), target.embedded);
    return {
      version, tooOld, login, schema: refused, readOnly,
      wall: wall.filter(({ rule }) => !login || !rule.startsWith('login-')).map(sentence),
      vector: schema?.vector ? 'used' : offered ? 'offered' : 'absent',
      unsafe: unsafe ?? [],
      connections: { most, taken },
      pooler: await poolersOf(target),
      skewMs: await clockSkew(async () => (await client.query<{ now: number }>(NOW)).rows[0]!.now),
    };
  });
}

async function poolersOf({ config, direct, admin, limits, embedded }: DatabaseTarget): Promise<DatabaseFindings['pooler']> {
  if (embedded) return { found: 'none', set: 'none' };
  const [found, beside, migration] = await Promise.all([poolerAt(config), direct && poolerAt(direct), admin && poolerAt(admin)]);
  return { found, set: limits.pooler ?? 'none', direct: beside, migration };
}

async function refusal(ask: () => Promise<unknown>): Promise<AppError | undefined> {
  return (await asked(ask)).refused;
}

async function asked<T>(ask: () => Promise<T>): Promise<{ value?: T; refused?: AppError }> {
  try {
    return { value: await ask() };
  } catch (error) {
    if (error instanceof AppError) return { refused: error };
    throw error;
  }
}
