import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { AppError, type CoreConfig } from '#platform/core';
import { LEAST_FREE_MB, lookAtDataFolder } from './data-folder.js';

/** Told before the first second of a start and not after many: a port that is taken, a folder that cannot be written, a full disk. */
export async function assertCanStart(core: CoreConfig, port: number): Promise<void> {
  assertDataFolder(resolve(core.dataDir));
  await assertPort(core.host, port);
  if (core.metricsPort > 0) await assertPort(core.host, core.metricsPort, 'ATOLL_METRICS_PORT');
}

function assertDataFolder(path: string): void {
  const { fault, freeMb } = lookAtDataFolder(path);
  if (fault === 'ENOSPC' || (fault === undefined && freeMb < LEAST_FREE_MB)) {
    throw new AppError('unavailable', 'start.disk-full', `The disk of ${path} is full (${freeMb} MB free, ${LEAST_FREE_MB} are needed). ` +
      'Make room, or set ATOLL_DATA_DIR to a folder on another disk.');
  }
  if (fault !== undefined) throw new AppError('unavailable', 'start.data-folder', `The data folder ${path} cannot be written (${fault}). ` +
    'Give it to the user that runs Atoll (chown), or set ATOLL_DATA_DIR to another folder.');
}

const SAID: Record<string, (at: string, setting: string) => string> = {
  EADDRINUSE: (at, setting) => `${at} is taken by another program, perhaps by another Atoll. Stop it, or set ${setting} to a free port ` +
    `(${setting}=0 takes any).`,
  EACCES: (at, setting) => `This user may not listen on ${at}. Set ${setting} to a port above 1023.`,
  EADDRNOTAVAIL: (at) => `${at} is no address of this machine. Set HOST to one that is, or to 0.0.0.0 for all.`,
};

async function assertPort(host: string, port: number, setting = 'PORT'): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const at = `${host}:${port}`;
    const said = SAID[code]?.(at, setting) ?? `Atoll cannot listen on ${at}: ${message}. Check HOST and ${setting}.`;
    throw new AppError('unavailable', 'start.port', said, { cause: error });
  } finally {
    server.close();
  }
}
