import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, eventually, repoRoot, startRedis, testDatabase } from '#platform/testing';
import { contexts } from '../../contexts.js';

export const contextNames = contexts.map(({ contract }) => contract.name);

export interface Member {
  /** Shown when it fails. */
  name: string;
  /** `main.js` of this app. Default: monolith. */
  app?: 'monolith' | 'worker';
  port: number;
  env: Record<string, string>;
}

/** Where the processes keep what they share, other than a fresh database and a Redis in memory. */
export interface Stores {
  databaseUrl: string;
  redisUrl: string;
  close(): Promise<void>;
}

export interface FleetOptions {
  engine?: Engine;
  /** Added to the environment of every process. With a bucket among it, each has a data folder of its own. */
  env?: Record<string, string>;
  /** Default: a database of their own on the specs' Postgres, and a Redis of their own. */
  stores?: Stores;
  /** Folder that gets what each process prints, life after life, as `<name>.log`. */
  logs?: string;
}

/** The built program as several processes over one Postgres, one Redis and one folder or bucket of files: what an operator runs. */
export class Fleet {
  private readonly children = new Map<string, { member: Member; child: ChildProcess; printed: string[] }>();
  private readonly killAll = (): void => {
    for (const { child } of this.children.values()) child.kill('SIGKILL');
  };

  private constructor(readonly env: Record<string, string>, private readonly release: () => Promise<void>, private readonly logs?: string) {
    // Whatever ends this test process takes the others with it.
    process.once('exit', this.killAll);
  }

  static async open({ engine = 'postgres', env = {}, stores: given, logs }: FleetOptions = {}): Promise<Fleet> {
    const stores = given ?? (await freshStores(engine));
    if (logs) mkdirSync(logs, { recursive: true });
    const dataDir = mkdtempSync(join(tmpdir(), 'atoll-fleet-'));
    const shared = {
      DATABASE_URL: stores.databaseUrl, REDIS_URL: stores.redisUrl, ATOLL_DATA_DIR: dataDir,
      ATOLL_SECRET: 'fL7mQ2xV9bKd4TzR8nW3cY6gH1pJ5sAe',
      NODE_ENV: 'production', ATOLL_DOCS: 'true', ATOLL_DATABASE_POOL: '4', ATOLL_LOG_LEVEL: 'warn', ATOLL_RATE_PER_MINUTE: '0',
      ATOLL_PUBLIC_RATE_PER_MINUTE: '0', ATOLL_DRAIN_SECONDS: '5', ATOLL_SHUTDOWN_DELAY_SECONDS: '0',
      ATOLL_EMAIL_VERIFICATION: 'off', ...env,
    };
    return new Fleet(shared, async () => {
      await stores.close();
      rmSync(dataDir, { recursive: true, force: true });
    }, logs);
  }

  /** Starts these side by side and waits until each one says that it is ready; one that ends instead is told with its words. */
  async start(...members: Member[]): Promise<void> {
    await Promise.all(members.map((member) => this.startOne(member)));
  }

  /** Ends one and waits for its end; resolves to its exit code, null where the signal ended it. */
  async end(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const { child } = this.children.get(name)!;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    return gone;
  }

  get members(): Member[] {
    return [...this.children.values()].map(({ member }) => member);
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.children.get(name)!.child.kill(signal);
  }

  /** Starts one that has ended once more, as it was. */
  async restart(name: string): Promise<void> {
    await this.startOne(this.children.get(name)!.member);
  }

  /** What all of them printed: for a failing test. */
  get printed(): string {
    return [...this.children].map(([name, { printed }]) => printed.map((line) => `${name}: ${line}`).join('')).join('\n');
  }

  async close(): Promise<void> {
    await Promise.all([...this.children.keys()].map((name) => this.end(name, 'SIGKILL')));
    process.off('exit', this.killAll);
    await this.release();
  }

  private dataDirOf(name: string): Record<string, string> {
    return this.env.ATOLL_S3_BUCKET === undefined ? {} : { ATOLL_DATA_DIR: join(this.env.ATOLL_DATA_DIR!, name) };
  }

  private async startOne(member: Member): Promise<void> {
    const { name, app = 'monolith', port, env } = member;
    const child = spawn(process.execPath, [join(repoRoot(), `dist/apps/${app}/src/main.js`)], {
      env: { PATH: process.env.PATH, ...this.env, ...this.dataDirOf(name), PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const printed: string[] = [];
    this.children.set(name, { member, child, printed });
    for (const out of [child.stdout, child.stderr]) {
      out.on('data', (chunk: Buffer) => {
        printed.push(chunk.toString());
        if (this.logs) appendFileSync(join(this.logs, `${name}.log`), chunk);
      });
    }
    const ready = async (): Promise<void> => {
      if (child.exitCode === null) await assertReady(port);
    };
    await eventually(ready, { timeoutMs: 180_000, everyMs: 100 }).catch((cause: unknown) => {
      throw new Error(`${name} did not get ready:\n${printed.join('')}`, { cause });
    });
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}:\n${printed.join('')}`);
  }
}

async function freshStores(engine: Engine): Promise<Stores> {
  const owners = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
  const [database, redis] = await Promise.all([testDatabase({ engine, owners }), startRedis()]);
  return { databaseUrl: database.url!, redisUrl: redis.url,
    close: async () => void (await Promise.all([database.close(), redis.close()])) };
}

async function assertReady(port: number): Promise<void> {
  const { status } = await fetch(`http://127.0.0.1:${port}/health/ready`);
  if (status !== 200) throw new Error(`answers ${status}`);
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
