import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testFolder } from './servers/keeper.js';
import { untilListening } from './servers/run-redis.js';
import { postgresUser } from './servers/run-postgres.js';
import { aptInstall, freePort, isRoot, launch, onPath } from './servers/running-server.js';

export interface TestPgBouncer {
  /** The same URL, through the pooler. */
  through(url: string): string;
  close(): Promise<void>;
}

export interface PgBouncerOptions {
  /** URLs of one server; their logins may come in. */
  urls: string[];
  mode?: 'transaction' | 'session';
  /** Connections it holds to the server, per login. */
  size?: number;
}

/**
 * A real PgBouncer with its own defaults, so it refuses what it does not know at the connecting. Found on the PATH or among the system's
 * programs, else installed (root on Debian). 1.18, which Debian 12 brings, loses every named statement in transaction mode.
 */
export async function startPgBouncer({ urls, mode = 'transaction', size = 3 }: PgBouncerOptions): Promise<TestPgBouncer> {
  const program = find() ?? (aptInstall('pgbouncer') ? find() : undefined);
  if (!program) throw new Error('The specs need PgBouncer and found none. Install it (Debian: apt-get install pgbouncer; macOS: brew ' +
    'install pgbouncer).');
  const folder = mkdtempSync(join(testFolder(), 'own-pgbouncer-'));
  const port = await freePort();
  const { hostname, port: serverPort } = new URL(urls[0]!);
  const users = urls.map((url) => new URL(url))
    .map(({ username, password }) => `"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"`);
  const ini = [
    '[databases]', `* = host=${hostname} port=${serverPort || 5432}`,
    '[pgbouncer]', 'listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir =', 'auth_type = trust',
    `auth_file = ${join(folder, 'users')}`,
    `pool_mode = ${mode}`, `default_pool_size = ${size}`, 'max_client_conn = 200',
  ];
  writeFileSync(join(folder, 'users'), `${users.join('\n')}\n`);
  writeFileSync(join(folder, 'pgbouncer.ini'), `${ini.join('\n')}\n`);
  // It refuses to run as root, as Postgres does.
  const owner = isRoot() ? postgresUser() : {};
  if (owner.uid !== undefined) for (const path of [folder, join(folder, 'users'), join(folder, 'pgbouncer.ini')])
    chownSync(path, owner.uid, owner.gid!);
  const server = launch(program, [join(folder, 'pgbouncer.ini')], { ...owner, cwd: folder });
  await untilListening(port, server.ended);
  return {
    through: (url) => Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href,
    close: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Distributions keep it off the PATH of ordinary users. */
function find(): string | undefined {
  return onPath('pgbouncer') ??
    ['/usr/sbin/pgbouncer', '/opt/homebrew/bin/pgbouncer', '/usr/local/bin/pgbouncer'].find((path) => existsSync(path));
}
