import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { makeCertificates } from './servers/certificates.js';
import { testFolder } from './servers/keeper.js';
import { launchRedis, redisProgram, untilListening } from './servers/run-redis.js';
import { freePort, launch, type Launched } from './servers/running-server.js';

interface Form {
  url: string;
  close(): Promise<void>;
}

/** Servers, and what they write, in one place; the forms need the program itself, not a server somewhere. */
class Yard {
  readonly program: string;
  readonly folder = mkdtempSync(join(testFolder(), 'own-redis-'));
  private readonly servers: Launched[] = [];

  constructor() {
    const program = redisProgram();
    if (!program) throw new Error('Specs of TLS, Sentinel and Cluster start redis-server themselves and found none. Install it (Debian: ' +
      'apt-get install redis-server; macOS: brew install redis).');
    this.program = program;
  }

  async server(...settings: string[]): Promise<{ port: number; server: Launched }> {
    const port = await freePort();
    const dir = join(this.folder, String(port));
    mkdirSync(dir);
    const server = await launchRedis(this.program, port, settings.map((word) => (word === 'PORT' ? String(port) : word)), dir);
    this.servers.push(server);
    return { port, server };
  }

  async sentinel(primary: number): Promise<number> {
    const port = await freePort();
    const file = join(this.folder, `sentinel-${port}.conf`);
    const lines = [`port ${port}`, 'bind 127.0.0.1', `dir ${this.folder}`, `sentinel monitor main 127.0.0.1 ${primary} 2`,
      'sentinel down-after-milliseconds main 400', 'sentinel failover-timeout main 2000'];
    writeFileSync(file, lines.join('\n'));
    const server = launch(this.program, [file, '--sentinel'], {});
    this.servers.push(server);
    await untilListening(port, server.ended);
    // They would look at each other every one to ten seconds.
    await asked(port, (redis) =>
      redis.call('SENTINEL', 'DEBUG', 'info-period', '200', 'ping-period', '100', 'ask-period', '100', 'publish-period', '100'));
    return port;
  }

  readonly close = async (): Promise<void> => {
    await Promise.all(this.servers.map((server) => server.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  };
}

/** A Redis that speaks TLS alone, and the file of the authority that signed for `names`. */
export async function startTlsRedis(names = 'IP:127.0.0.1'): Promise<Form & { ca: string }> {
  const yard = new Yard();
  const { ca, cert, key } = makeCertificates(yard.folder, names);
  const { port } = await yard.server('--port', '0', '--tls-port', 'PORT', '--tls-cert-file', cert, '--tls-key-file', key,
    '--tls-ca-cert-file', ca, '--tls-auth-clients', 'no');
  return { url: `rediss://127.0.0.1:${port}`, ca, close: yard.close };
}

/** A primary, a replica, and two Sentinels that watch over them; `kill` ends the primary as a crash would. */
export async function startSentinels(): Promise<Form & { kill(): Promise<void> }> {
  const yard = new Yard();
  const primary = await yard.server('--port', 'PORT', '--repl-diskless-sync-delay', '0');
  const replica = await yard.server('--port', 'PORT', '--replicaof', '127.0.0.1', String(primary.port));
  await asked(replica.port,
    (redis) => eventually(async () => assertTrue(/master_link_status:up/.test(await redis.info('replication'))), { timeoutMs: 15_000 }));
  const sentinels = [await yard.sentinel(primary.port), await yard.sentinel(primary.port)];
  for (const port of sentinels) {
    await asked(port, (redis) => eventually(async () => {
      assertTrue(String(await redis.call('SENTINEL', 'CKQUORUM', 'main')).startsWith('OK'));
      assertTrue(((await redis.call('SENTINEL', 'REPLICAS', 'main')) as unknown[]).length === 1);
    }, { timeoutMs: 15_000 }));
  }
  return { url: `redis+sentinel://${sentinels.map((port) => `127.0.0.1:${port}`).join(',')}/main`, kill: () => primary.server.kill(),
    close: yard.close };
}

/** Three nodes that share the slots. */
export async function startRedisCluster(): Promise<Form & { ports: number[] }> {
  const yard = new Yard();
  const ports: number[] = [];
  for (let node = 0; node < 3; node++) ports.push((await yard.server('--port', 'PORT', '--cluster-enabled', 'yes', '--cluster-config-file',
    'nodes.conf', '--cluster-node-timeout', '2000')).port);
  const bounds = [0, 5_461, 10_923, 16_384];
  for (const [at, port] of ports.entries()) {
    await asked(port, async (redis) => {
      await redis.cluster('ADDSLOTSRANGE', bounds[at]!, bounds[at + 1]! - 1);
      await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', at + 1);
      if (at > 0) await redis.cluster('MEET', '127.0.0.1', ports[0]!);
    });
  }
  for (const port of ports) await asked(port, (redis) =>
    eventually(async () => assertTrue(/cluster_state:ok[\s\S]*cluster_known_nodes:3/.test(await redis.cluster('INFO'))),
      { timeoutMs: 15_000 }));
  return { url: `redis+cluster://${ports.map((port) => `127.0.0.1:${port}`).join(',')}`, ports, close: yard.close };
}

async function asked<T>(port: number, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(port, '127.0.0.1');
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

function assertTrue(is: boolean): void {
  if (!is) throw new Error('not yet');
}
