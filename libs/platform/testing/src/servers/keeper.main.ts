import { readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type KeeperGreeting, keeperSocket, testFolder } from './keeper.js';
import { runPostgres } from './run-postgres.js';
import type { RunningServer } from './running-server.js';

/**
 * Without a user for so long it is stopped: the next file that needs it finds it warm, with the templates of databases that were made
 * there.
 */
const GRACE_MS = 60_000;
const DAY_MS = 86_400_000;

// One keeper: the lock is the operating system's and ends with the process.
const lock = new DatabaseSync(join(testFolder(), 'postgres.lock'), { timeout: 0 });
try {
  lock.exec('begin exclusive');
} catch {
  process.exit(0);
}

const users = new Set<Socket>();
let greeting: KeeperGreeting<unknown> | undefined;
let server: RunningServer<unknown> | undefined;
let goodbye = setTimeout(leave, GRACE_MS);

const greet = (socket: Socket): void => void (greeting && socket.write(`${JSON.stringify(greeting)}\n`));

const door = createServer((socket) => {
  clearTimeout(goodbye);
  users.add(socket);
  socket.on('error', () => undefined);
  socket.on('close', () => {
    users.delete(socket);
    if (users.size > 0) return;
    clearTimeout(goodbye);
    goodbye = setTimeout(leave, greeting && 'failed' in greeting ? 0 : GRACE_MS);
  });
  socket.resume();
  greet(socket);
});

function leave(): void {
  if (users.size > 0 || !greeting) return;
  door.close();
  void Promise.resolve(server?.stop()).finally(() => process.exit(0));
}

process.on('SIGTERM', () => {
  users.clear();
  greeting ??= { failed: 'The keeper was stopped.' };
  leave();
});

// What servers left behind whose processes were killed; the caller's own ones may be another run's.
for (const name of readdirSync(testFolder())) {
  const path = join(testFolder(), name);
  if (name.startsWith('shared-') || (name.startsWith('own-') && Date.now() - statSync(path).mtimeMs > DAY_MS))
    rmSync(path, { recursive: true, force: true });
}
rmSync(keeperSocket(), { force: true });
door.listen(keeperSocket());
try {
  server = await runPostgres({}, 'shared-');
  greeting = { ready: server.facts };
} catch (error) {
  greeting = { failed: (error as Error).message };
}
users.forEach(greet);
if (users.size === 0) goodbye = setTimeout(leave, GRACE_MS);
