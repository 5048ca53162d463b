import { accessSync, constants, existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** With less than this nothing is started: a full disk would stop the embedded database in the middle of a write. */
export const LEAST_FREE_MB = 100;

export interface DataFolder {
  /** Free on its disk. */
  freeMb: number;
  /** Why nothing can be written there (`EACCES`, `ENOTDIR`, `ENOSPC` …). */
  fault?: string;
}

/** What can be done with a data folder, which need not be there yet: tried by writing to it, or to the folder it would be made in. */
export function lookAtDataFolder(path: string): DataFolder {
  try {
    const standing = existing(path);
    write(standing);
    const { bavail, bsize } = statfsSync(standing);
    return { freeMb: Math.floor((bavail * bsize) / 1_048_576) };
  } catch (error) {
    return { freeMb: 0, fault: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
  }
}

function existing(path: string): string {
  return existsSync(path) ? path : existing(dirname(path));
}

function write(folder: string): void {
  accessSync(folder, constants.W_OK);
  const probe = join(folder, `.probe-${process.pid}`);
  mkdirSync(probe);
  try {
    writeFileSync(join(probe, 'written'), 'x', { flush: true });
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}
