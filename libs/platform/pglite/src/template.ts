import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AppError } from '#platform/core';
import { DataDir, ENGINE_MAJOR } from './data-dir.js';
import { built, initializeCluster } from './engine-thread.js';

/** An empty database that a first start copies instead of running initdb. */
const FOLDER = templateFolder('empty');

/** Where a database is kept that others begin as a copy of: beside the compiled code, so that it is made anew with that. */
export function templateFolder(name: string): string {
  return fileURLToPath(built(`template-${ENGINE_MAJOR}-${name}`));
}

/** Makes the template unless it is there or another process makes it; the build runs this beside its other steps (template.main.ts). */
export async function makeTemplate(): Promise<void> {
  const folder = claimIfFree();
  if (!folder) return;
  try {
    if (folder.isNew) await folder.create(initializeCluster);
  } finally {
    folder.release();
  }
}

/** The template's cluster directory, waiting for one that is being made; undefined where nobody makes it. */
export async function findTemplate(): Promise<string | undefined> {
  const cluster = join(FOLDER, 'cluster');
  while (!existsSync(join(cluster, 'PG_VERSION'))) {
    const free = existsSync(FOLDER) ? claimIfFree() : undefined;
    if (free || !existsSync(FOLDER)) {
      free?.release();
      return undefined;
    }
    await sleep(20);
  }
  return cluster;
}

function claimIfFree(): DataDir | undefined {
  try {
    return DataDir.claim(FOLDER);
  } catch (error) {
    if (error instanceof AppError && error.reason === 'kernel.data-dir-in-use') return undefined;
    throw error;
  }
}
