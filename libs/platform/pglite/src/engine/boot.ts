import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { MemoryFrom } from './memory-from.js';

/**
 * Small shared buffers: what a laptop keeps fits the operating system's page cache, and each megabyte here is one of RSS. No JIT exists in
 * WASM; asking for it costs the planner.
 */
const START_PARAMS = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB', '-c', 'jit=off', '-c', 'min_wal_size=32MB'];

/** Log files of 4 MB instead of 16: a new database is 27 MB instead of 39, in half as many bytes to copy. */
const INITDB_PARAMS = ['--wal-segsize=4'];

/** Opens a cluster directory (made by initdb when empty), or a database in memory. */
export async function boot({ clusterDir, template }: { clusterDir?: string; template?: string }): Promise<PGlite> {
  const options: PGliteOptions = { extensions: { vector }, startParams: START_PARAMS, initDbStartParams: INITDB_PARAMS };
  if (clusterDir !== undefined) options.dataDir = clusterDir;
  else if (template !== undefined) options.fs = new MemoryFrom(template);
  const db = await PGlite.create(options);
  await db.exec('set client_min_messages = warning; create extension if not exists vector; reset client_min_messages');
  return db;
}
