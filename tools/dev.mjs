/** `npm run dev`: builds once, then compiles each saved file and restarts the monolith. Types are the editor's and `npm run types`' business. */
import './pinned-node.mjs';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformFile } from '@swc/core';

const root = join(import.meta.dirname, '..');
execFileSync(process.execPath, [join(root, 'tools/build.mjs'), '--if-stale'], { stdio: 'inherit' });

// Not `node --watch`: it makes worker threads report what they import to whoever listens to them, which the embedded database is no part of.
let server = start();
let restarting;

function start() {
  return spawn(process.execPath, ['--enable-source-maps', join(root, 'dist/apps/monolith/src/main.js'), ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ATOLL_DRAIN_SECONDS: '1', ...process.env },
  });
}

/** Once the old process has let go of port and data folder. A second save meanwhile is part of the same restart. */
function restart() {
  restarting ??= new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) return resolve();
    server.once('exit', resolve);
    server.kill('SIGTERM');
  }).then(() => {
    restarting = undefined;
    server = start();
  });
}

const pending = new Map();

// Folder by folder: a recursive watch loses a file whose editor saves it by renaming a new one over it.
function watchFolder(folder) {
  watch(join(root, folder), (_event, name) => {
    const path = join(folder, name ?? '');
    if (statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory()) return watched.has(path) || watchFolder(path);
    if (!/\.tsx?$/.test(path) || /\.(spec|d)\.ts$/.test(path)) return;
    clearTimeout(pending.get(path));
    // Editors save in several steps; compile what stands after the last one.
    pending.set(path, setTimeout(() => void compile(path), 50));
  });
  watched.add(folder);
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) if (entry.isDirectory()) watchFolder(join(folder, entry.name));
}

const watched = new Set();
for (const top of ['apps', 'libs']) watchFolder(top);

async function compile(source) {
  pending.delete(source);
  const target = join(root, 'dist', source.replace(/\.tsx?$/, '.js'));
  if (!existsSync(join(root, source))) return rmSync(target, { force: true });
  try {
    const { code, map } = await transformFile(join(root, source), { cwd: root, configFile: join(root, '.swcrc') });
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(`${target}.map`, map ?? '');
    writeFileSync(target, code);
    restart();
  } catch (error) {
    console.error(`${source} did not compile; the running server is as before.\n${error.message}`);
  }
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (server.exitCode !== null) process.exit(0);
    server.once('exit', () => process.exit(0));
    server.kill(signal);
  });
}
