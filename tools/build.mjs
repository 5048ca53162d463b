/** Compiles apps and libs to dist/ with swc. `--if-stale` skips when dist/ is newer than every source. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const stamp = join(root, 'dist', '.built');

function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    time = Math.max(time, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return time;
}

const fresh = existsSync(stamp) && statSync(stamp).mtimeMs > Math.max(newest(join(root, 'apps')), newest(join(root, 'libs')));
if (!(fresh && process.argv.includes('--if-stale'))) {
  const swc = spawnSync(process.execPath, ['node_modules/@swc/cli/bin/swc.js', 'apps', 'libs', 'bench', 'tools', '-d', 'dist', '--quiet'], { cwd: root, stdio: 'inherit' });
  if (swc.status !== 0) process.exit(swc.status ?? 1);
  writeFileSync(stamp, '');
}
