/**
 * Compiles apps, libs, bench and tools to dist/ with swc, and reads the API's description out of the controllers (openapi-metadata.mjs).
 * `--if-stale` skips swc when dist/ is newer than every source, and lets the description, which takes seconds, appear while the process
 * already starts; tests do without it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const stamp = join(root, 'dist', '.built');
const sources = ['apps', 'libs', 'bench', 'tools'].filter((folder) => existsSync(join(root, folder)));

function newest(folder) {
  let time = statSync(folder).mtimeMs;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    time = Math.max(time, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return time;
}

const fresh = existsSync(stamp) && statSync(stamp).mtimeMs > Math.max(...sources.map((folder) => newest(join(root, folder))));
if (!(fresh && process.argv.includes('--if-stale'))) {
  const started = new Date();
  const swc = spawnSync(process.execPath, ['node_modules/@swc/cli/bin/swc.js', ...sources, '-d', 'dist', '--quiet'], { cwd: root, stdio: 'inherit' });
  if (swc.status !== 0) process.exit(swc.status ?? 1);
  writeFileSync(stamp, '');
  // A source saved while swc ran may have been read before it was saved: the stamp tells when the build began.
  utimesSync(stamp, started, started);
}

const description = [process.execPath, ['tools/openapi-metadata.mjs']];
if (!process.argv.includes('--if-stale')) {
  const { status } = spawnSync(...description, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
} else if (process.env.NODE_ENV !== 'test') {
  spawn(...description, { cwd: root, stdio: 'ignore', detached: true }).unref();
}
