import pg from 'pg';
import { AppError } from '#platform/core';

/** What stands between the pool and Postgres. */
export type Pooler = 'none' | 'session' | 'transaction';

const PATIENCE_MS = 3_000;
const TRIES = 3;

/**
 * What a URL leads to. A pooler makes up the process id it tells at the connecting; one of transactions gives a second connection the very
 * backend the first one had a moment ago. Where everybody else keeps all its backends busy a pooler of transactions may be taken for one of
 * sessions.
 */
export async function poolerAt(config: pg.ClientConfig): Promise<Pooler> {
  const open = (): pg.Client => new pg.Client({ ...config, connectionTimeoutMillis: PATIENCE_MS }).on('error', () => undefined);
  const [first, second] = [open(), open()];
  try {
    await first.connect();
    if (await isDirect(first)) return 'none';
    // A pooler of sessions that has none left keeps the second one waiting.
    if (!(await second.connect().then(() => true, () => false))) return 'session';
    for (let turn = 0; turn < TRIES; turn++) if ((await backend(first)) === (await backend(second))) return 'transaction';
    return 'session';
  } finally {
    await Promise.all([first, second].map((client) => client.end().catch(() => undefined)));
  }
}

/** Migrations hold a lock of their session while they run; through a pooler of transactions it would be anybody's. */
export async function assertDirect(client: pg.Client, config: pg.ClientConfig): Promise<void> {
  if ((await isDirect(client)) || (await poolerAt(config)) !== 'transaction') return;
  throw new AppError('invalid', 'kernel.database-pooler',
    'ATOLL_MIGRATION_DATABASE_URL leads to a pooler that gives each transaction another connection, and migrations need one of their ' +
      'own. Point it at Postgres itself. Nothing was changed.');
}

/** What a connection says that was opened as if there were no pooler. */
export function behindPooler(error: unknown): AppError | undefined {
  const { message = '', code } = (error ?? {}) as { message?: string; code?: string };
  if (!/unsupported startup parameter/.test(message) && !(code === '26000' || code === '42P05')) return undefined;
  return new AppError('invalid', 'kernel.database-pooler',
    'DATABASE_URL leads to a pooler such as PgBouncer, and this process took it for Postgres itself. Set ATOLL_DATABASE_POOLER to ' +
      'transaction or session, as its pool_mode is (`npm run atoll -- doctor` tells which).', { cause: error });
}

async function isDirect(client: pg.Client): Promise<boolean> {
  return (await backend(client)) === (client as unknown as { processID: number }).processID;
}

async function backend(client: pg.Client): Promise<number> {
  return (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid;
}
