/**
 * `npm run check`: types, lint, boundaries and docs side by side, each told when it is through. Lint keeps what it found of files that have not
 * changed (node_modules/.cache/eslint).
 */
import './pinned-node.mjs';
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const CHECKS = {
  types: ['node_modules/typescript-7/bin/tsc', '--noEmit', '-p', 'tsconfig.json'],
  lint: ['node_modules/eslint/bin/eslint.js', '.', '--cache', '--cache-location', 'node_modules/.cache/eslint/'],
  boundaries: ['dist/tools/boundaries/main.js'],
  docs: ['dist/tools/docs/main.js', '--check'],
};

execFileSync(process.execPath, [join(root, 'tools/build.mjs'), '--if-stale'], { cwd: root, stdio: 'inherit' });
const codes = await Promise.all(Object.entries(CHECKS).map(([name, args]) => run(name, args)));
process.exitCode = codes.some((code) => code !== 0) ? 1 : 0;

async function run(name, args) {
  const started = Date.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - started) / 1_000).toFixed(1)} s)${said.trim() ? `\n${said.trimEnd()}` : ''}`);
  return code;
}
