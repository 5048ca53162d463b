import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { environment } from '#platform/core';
import { testFolder } from './keeper.js';
import { aptInstall, dockerRun, freePort, isRoot, launch, type Launched, onPath, type RunningServer } from './running-server.js';

export interface PostgresFacts {
  /** As the superuser, over TCP, to the database `postgres`. */
  adminUrl: string;
  /** Folder of the Unix socket, where there is one. */
  socketDir?: string;
  port: number;
}

export interface PostgresOptions {
  /** Off only where a spec measures something else than durability. */
  fsync?: boolean;
  /** Where its data go, on a file system of the caller's choice; default: the folder of the tests. */
  folder?: string;
  /** More settings, as `name=value`. */
  settings?: string[];
}

export interface RunningPostgres extends RunningServer<PostgresFacts> {
  /** Postgres' own immediate stop: no checkpoint, no goodbye. Absent, like `again`, where the server is not the specs' own. */
  crash?: () => Promise<void>;
  /** Starts it again on what it left; also when it ended by itself. */
  again?: () => Promise<void>;
}

const OLDEST = 15;

export async function runPostgres(options: PostgresOptions, prefix = 'own-'): Promise<RunningPostgres> {
  const given = environment().ATOLL_TEST_POSTGRES_URL;
  if (given) return { facts: { adminUrl: given, port: Number(new URL(given).port || 5432) }, stop: async () => undefined };
  const binaries = findBinaries() ?? (aptInstall('postgresql') ? findBinaries() : undefined);
  if (binaries) return runBinaries(binaries, options, prefix);
  const container = dockerRun('postgres:16-alpine', 5432,
    ['-e', 'POSTGRES_HOST_AUTH_METHOD=trust', '-e', `POSTGRES_INITDB_ARGS=--locale=C.UTF-8`]);
  if (!container) {
    throw new Error(
      `The specs need Postgres ${OLDEST} or newer and found none. Install it (Debian: apt-get install postgresql; macOS: brew install ` +
        `postgresql@17), ` +
        'or start docker, or set ATOLL_TEST_POSTGRES_URL to a server where they may create databases and roles.',
    );
  }
  const facts = { adminUrl: `postgres://postgres@127.0.0.1:${container.port}/postgres`, port: container.port };
  await untilReady(facts.adminUrl, () => undefined);
  return { facts, stop: container.stop };
}

/** The newest installation that is new enough: the folder of its programs. Distributions keep the server's off the PATH. */
export function findBinaries(): string | undefined {
  const roots = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt'];
  const folders = roots.filter((root) => existsSync(root)).flatMap((root) =>
    readdirSync(root).filter((name) => /^(?:postgresql@?)?\d*$/.test(name)).map((name) => join(root, name, 'bin')));
  const found = onPath('initdb') ?? onPath('postgres');
  if (found) folders.push(dirname(realpathSync(found)));
  return folders
    .filter((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
    .map((folder) => ({ folder, version: versionOf(folder) }))
    .filter(({ version }) => version >= OLDEST)
    .sort((a, b) => b.version - a.version)[0]?.folder;
}

function versionOf(folder: string): number {
  return Number(/(\d+)/.exec(spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? 0);
}

async function runBinaries(binaries: string, { fsync = true, folder: parent = testFolder(), settings: more = [] }: PostgresOptions,
  prefix: string): Promise<RunningPostgres> {
  const owner = isRoot() ? postgresUser() : {};
  const folder = mkdtempSync(join(parent, prefix));
  chmodSync(folder, 0o755);
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid!);
  const data = join(folder, 'data');
  const made = spawnSync(join(binaries, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8',
    '--no-sync'], { ...owner, cwd: folder, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb of the test server failed: ${made.stderr}`);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${folder}`, 'max_connections=200',
    `fsync=${fsync ? 'on' : 'off'}`, ...more];
  const start = (): Launched =>
    launch(join(binaries, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], { ...owner, cwd: folder });
  let server = start();
  const facts = { adminUrl: `postgres://postgres@127.0.0.1:${port}/postgres`, port, socketDir: folder };
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  await untilReady(facts.adminUrl, server.ended);
  return {
    facts,
    stop,
    crash: async () => {
      if (server.ended() === undefined) await server.kill('SIGQUIT');
    },
    again: async () => {
      if (server.ended() !== undefined) server = start();
      await untilReady(facts.adminUrl, server.ended);
    },
  };
}

/** Postgres refuses to run as root; the package made this user for it. */
/** A hot standby that streams from this server, by pg_basebackup: needs the server's programs on this machine. */
export async function runStandby(primary: PostgresFacts): Promise<RunningServer<PostgresFacts & { kill(): Promise<void> }>> {
  const binaries = findBinaries() ?? (aptInstall('postgresql') ? findBinaries() : undefined);
  if (!binaries) throw new Error('The specs of the read replica make a standby with pg_basebackup and found no Postgres on this ' +
    'machine. Install it (Debian: apt-get install postgresql; macOS: brew install postgresql@17).');
  const owner = isRoot() ? postgresUser() : {};
  const folder = mkdtempSync(join(testFolder(), 'own-'));
  chmodSync(folder, 0o755);
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid!);
  const data = join(folder, 'data');
  const copied = spawnSync(join(binaries, 'pg_basebackup'),
    ['-D', data, '-h', '127.0.0.1', '-p', String(primary.port), '-U', 'postgres', '-R', '-X', 'stream', '-c', 'fast', '--no-sync'],
    { ...owner, cwd: folder, encoding: 'utf8' });
  if (copied.status !== 0) throw new Error(`pg_basebackup of the test server failed: ${copied.stderr}`);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${folder}`, 'max_connections=200',
    'hot_standby=on'];
  const server = launch(join(binaries, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    { ...owner, cwd: folder });
  const facts = { adminUrl: `postgres://postgres@127.0.0.1:${port}/postgres`, port, socketDir: folder, kill: server.kill };
  await untilReady(facts.adminUrl, server.ended);
  return { facts, stop: async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  } };
}

export function postgresUser(): { uid?: number; gid?: number } {
  const id = (flag: string): number => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim() || NaN);
  const [uid, gid] = [id('-u'), id('-g')];
  if (!Number.isInteger(uid)) throw new Error('Postgres does not run as root, and there is no user "postgres" to run it as. Create one, ' +
    'run the specs as another user, or set ATOLL_TEST_POSTGRES_URL.');
  return { uid, gid };
}

async function untilReady(url: string, ended: () => string | undefined): Promise<void> {
  for (const until = Date.now() + 60_000; ; await sleep(50)) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      const output = ended();
      if (output !== undefined) throw new Error(`The Postgres of the tests ended while starting: ${output}`);
      if (Date.now() > until) throw error;
    }
  }
}
