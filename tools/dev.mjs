/** `npm run dev`: builds once, then compiles each saved file and restarts the monolith. Types are the editor's and `npm run types`' business. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformFile } from '@swc/core';

const root = join(import.meta.dirname, '..');
execFileSync(process.execPath, [join(root, 'tools/build.mjs'), '--if-stale'], { stdio: 'inherit' });

const pending = new Map();
for (const top of ['apps', 'libs']) {
  watch(join(root, top), { recursive: true }, (_event, file) => {
    if (!file || !/\.tsx?$/.test(file) || file.endsWith('.d.ts')) return;
    const source = join(top, file);
    clearTimeout(pending.get(source));
    // Editors save in several steps; compile what stands after the last one.
    pending.set(source, setTimeout(() => void compile(source), 50));
  });
}

async function compile(source) {
  pending.delete(source);
  const target = join(root, 'dist', source.replace(/\.tsx?$/, '.js'));
  if (!existsSync(join(root, source))) return rmSync(target, { force: true });
  try {
    const { code, map } = await transformFile(join(root, source), { cwd: root, configFile: join(root, '.swcrc') });
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(`${target}.map`, map ?? '');
    writeFileSync(target, code);
  } catch (error) {
    console.error(`${source} did not compile; the running server is as before.\n${error.message}`);
  }
}

const server = spawn(process.execPath, ['--watch', '--watch-preserve-output', '--enable-source-maps', join(root, 'dist/apps/monolith/src/main.js'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ATOLL_DRAIN_SECONDS: '1', ...process.env },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
server.on('exit', (code) => process.exit(code ?? 0));
