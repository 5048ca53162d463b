import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { CoreConfig } from '#platform/core';

/** A start that has only just begun shows nothing of itself for so long. */
const SIGN_MS = 5_000;
const GIVE_UP_MS = 120_000;
const LOOK_EVERY_MS = 100;

type Where = Pick<CoreConfig, 'dataDir' | 'host' | 'port'>;

/**
 * Waits for what `look` finds, as long as an Atoll on this folder or port is starting; undefined where none is, or where it takes two
 * minutes.
 */
export async function whileStarting<T>(where: Where, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const began = performance.now();
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    const took = performance.now() - began;
    if (took > GIVE_UP_MS || (took > SIGN_MS && !(await isThere(where)))) return undefined;
    await pause(LOOK_EVERY_MS);
  }
}

/** Whether a process holds the folder's embedded database, or listens on the port. */
async function isThere({ dataDir, host, port }: Where): Promise<boolean> {
  return (await holdsFolder(dataDir)) || (await listens(host, port));
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function holdsFolder(dataDir: string): Promise<boolean> {
  try {
    const { pid } = JSON.parse(await readFile(join(dataDir, 'data', 'owner.json'), 'utf8')) as { pid: number };
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
