import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:net';
import { environment } from '#platform/core';
import { testFolder } from './keeper.js';
import { aptInstall, dockerRun, freePort, launch, type Launched, onPath, type RunningServer } from './running-server.js';

export interface RedisFacts {
  url: string;
  /** Ends the server as a crash would; absent, like `signal`, where the server is not the specs' own. */
  kill?: () => Promise<void>;
  signal?: (name: NodeJS.Signals) => void;
}

export interface RedisOptions {
  /** Default: a free one. */
  port?: number;
  /** Where it keeps its data for the next start; without, it keeps them in memory only. */
  folder?: string;
}

/** redis-server 7 or newer. */
export async function runRedis({ port: wanted, folder }: RedisOptions = {}): Promise<RunningServer<RedisFacts>> {
  const given = environment().ATOLL_TEST_REDIS_URL;
  if (given) return { facts: { url: given }, stop: async () => undefined };
  const program = redisProgram();
  if (program) {
    const port = wanted ?? (await freePort());
    const server = await launchRedis(program, port, ['--port', String(port), '--appendonly', folder ? 'yes' : 'no'], folder);
    return { facts: { url: `redis://127.0.0.1:${port}`, kill: () => server.kill(), signal: server.signal }, stop: () => server.stop() };
  }
  const container = dockerRun('redis:7-alpine', 6379);
  if (!container) {
    throw new Error(
      'The specs need Redis 7 or newer and found none. Install it (Debian: apt-get install redis-server; macOS: brew install redis), or ' +
        'start docker, ' +
        'or set ATOLL_TEST_REDIS_URL to a server whose contents they may delete.',
    );
  }
  await untilListening(container.port, () => undefined);
  return { facts: { url: `redis://127.0.0.1:${container.port}` }, stop: container.stop };
}

export function redisProgram(): string | undefined {
  return onPath('redis-server') ?? onPath('valkey-server') ?? (aptInstall('redis-server') ? onPath('redis-server') : undefined);
}

/** With these settings beside the tests' own; `port` is the one it will listen on. */
export async function launchRedis(program: string, port: number, settings: string[], dir = testFolder()): Promise<Launched> {
  const server = launch(program, [...settings, '--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'noeviction', '--dir', dir], {});
  await untilListening(port, server.ended);
  return server;
}

export async function untilListening(port: number, ended: () => string | undefined): Promise<void> {
  for (const until = Date.now() + 30_000; ; await sleep(30)) {
    const up = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (up) return;
    const output = ended();
    if (output !== undefined) throw new Error(`The Redis of the tests ended while starting: ${output}`);
    if (Date.now() > until) throw new Error(`The Redis of the tests does not listen on port ${port}.`);
  }
}
