import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { repoRoot } from '../repo-root.js';

/** What a keeper tells whoever connects to it, as one line of JSON. */
export type KeeperGreeting<T> = { ready: T } | { failed: string };

/** A folder of this checkout's tests under the system's temporary folder. */
export function testFolder(...names: string[]): string {
  const checkout = createHash('sha256').update(repoRoot()).digest('hex').slice(0, 10);
  const folder = join(tmpdir(), `atoll-test-${userInfo().uid}-${checkout}`, ...names);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return folder;
}

export function keeperSocket(): string {
  return join(testFolder(), 'postgres.sock');
}

/**
 * Joins the users of the one shared Postgres, which a keeper process of its own starts for the first of them and stops a few seconds after
 * the last has closed its socket, however that user ended: no hook of the test runner has to run for it.
 */
export async function sharePostgres<T>(): Promise<{ facts: T; leave: () => void }> {
  const until = Date.now() + 180_000;
  for (let started = false; ; ) {
    const socket = await tryConnect(keeperSocket());
    const greeting = socket && (await firstLine<KeeperGreeting<T>>(socket));
    if (greeting && 'ready' in greeting) {
      socket.unref();
      return { facts: greeting.ready, leave: () => void socket.destroy() };
    }
    socket?.destroy();
    if (greeting) throw new Error(greeting.failed);
    if (Date.now() > until) throw new Error('The shared Postgres of the tests did not start within three minutes.');
    if (!started) spawnKeeper();
    started = !started;
    await sleep(started ? 100 : 1000);
  }
}

function spawnKeeper(): void {
  const main = join(repoRoot(), 'dist/libs/platform/testing/src/servers/keeper.main.js');
  spawn(process.execPath, [main], { detached: true, stdio: 'ignore' }).unref();
}

function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve(socket));
    socket.on('error', () => resolve(undefined));
  });
}

/** The keeper greets when its server is up; until then the line is on its way. */
function firstLine<T>(socket: Socket): Promise<T | undefined> {
  return new Promise((resolve) => {
    createInterface(socket).once('line', (line) => resolve(JSON.parse(line) as T));
    socket.once('close', () => resolve(undefined));
  });
}
