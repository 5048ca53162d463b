/**
 * Compiles apps, libs, bench and tools to dist/ with swc, reads the API's description out of the controllers (openapi-metadata.mjs), and makes the
 * databases that first starts copy. `--if-stale` skips swc when dist/ is newer than every source, and lets the other two, which take seconds,
 * appear while the process already starts (which waits for the database where it needs it); tests do without the description.
 */
import './pinned-node.mjs';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const stamp = join(root, 'dist', '.built');
const sources = ['apps', 'libs', 'bench', 'tools'].filter((folder) => existsSync(join(root, folder)));

/** When the newest file below was written (of those whose path matches `only`), or a folder changed. */
function newest(folder, only) {
  let time = only ? 0 : statSync(folder).mtimeMs;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) time = Math.max(time, newest(path, only));
    else if (only?.test(path) ?? true) time = Math.max(time, statSync(path).mtimeMs);
  }
  return time;
}

const ifStale = process.argv.includes('--if-stale');
const fresh = existsSync(stamp) && statSync(stamp).mtimeMs > Math.max(...sources.map((folder) => newest(join(root, folder))));
if (!(fresh && ifStale)) {
  const started = new Date();
  if (ifStale) console.log('Building Atoll …');
  const swc = spawnSync(process.execPath, ['node_modules/@swc/cli/bin/swc.js', ...sources, '-d', 'dist', '--quiet'], { cwd: root, stdio: 'inherit' });
  if (swc.status !== 0) process.exit(swc.status ?? 1);
  writeFileSync(stamp, '');
  // A source saved while swc ran may have been read before it was saved: the stamp tells when the build began.
  utimesSync(stamp, started, started);
}

// Of the migrations as they were before; what it merely lacks, a start migrates.
const migrated = join(root, 'dist/libs/platform/pglite/src/template-18-migrated');
const template = statSync(join(migrated, 'owners.json'), { throwIfNoEntry: false });
if (template && template.mtimeMs < newest(join(root, 'libs'), /migration/)) rmSync(migrated, { recursive: true, force: true });

const side = (...args) => spawn(process.execPath, args, { cwd: root, stdio: ifStale ? 'ignore' : 'inherit', detached: ifStale });

const templates = existsSync(migrated) ? undefined : side('--no-warnings', 'dist/apps/monolith/src/templates.main.js');
const description = ifStale && process.env.NODE_ENV === 'test' ? undefined : side('tools/openapi-metadata.mjs');
if (ifStale) {
  // Nobody waits for the description; what starts now needs the processor more.
  if (description) setPriority(description.pid, 19);
  for (const child of [templates, description]) child?.unref();
} else {
  const codes = await Promise.all([templates, description].map(async (child) => (child ? (await once(child, 'exit'))[0] : 0)));
  if (codes.some((code) => code !== 0)) process.exit(1);
}
