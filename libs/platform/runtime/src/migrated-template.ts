import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrate, type SchemaOwner, withClient } from '#platform/database';
import { EmbeddedPostgres, templateFolder } from '#platform/pglite';
import { platformMigrations } from './migrations.js';

const FOLDER = templateFolder('migrated');
const OWNERS = join(FOLDER, 'owners.json');

/**
 * Makes the database with the tables of all these contexts that first starts copy instead of running the migrations, unless it is there:
 * the build takes the one of older code away. What a start finds missing in it, it migrates as ever.
 */
export async function makeMigratedTemplate(contexts: SchemaOwner[]): Promise<void> {
  if (migratedTemplate(contexts)) return;
  const making = `${FOLDER}.${process.pid}`;
  const database = await EmbeddedPostgres.start({ dataDir: making });
  try {
    const owners = [{ name: 'kernel', migrations: platformMigrations }, ...contexts];
    await withClient({ stream: () => database.stream(), user: 'postgres', database: 'postgres' }, (admin) => migrate(admin, owners, true));
  } finally {
    await database.close();
  }
  writeFileSync(join(making, 'owners.json'), JSON.stringify(contexts.map(({ name }) => name)));
  try {
    rmSync(FOLDER, { recursive: true, force: true });
    renameSync(making, FOLDER);
  } catch {
    // Another build was first; its copy is as good.
    rmSync(making, { recursive: true, force: true });
  }
}

/** Its cluster directory; undefined where the build has not made it, or made it for other contexts than these. */
export function migratedTemplate(contexts: { name: string }[]): string | undefined {
  if (!existsSync(OWNERS) || readFileSync(OWNERS, 'utf8') !== JSON.stringify(contexts.map(({ name }) => name))) return undefined;
  return join(FOLDER, 'cluster');
}
