/**
 * `node tools/image/rehearse.mjs [--keep]`: makes the file set of the Dockerfile's last stage in a temporary folder (owned by root), starts it there as
 * a user who may write nothing but the data folder, asks it a question, and prints the size. Needs no container engine; run as root, since it changes users.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, globSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prune } from './prune.mjs';

/** The user `node` of the official image. */
const NODE = { uid: 1000, gid: 1000 };
const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'atoll-image-'));
const app = join(folder, 'app');
const data = join(folder, 'data');

try {
  execFileSync(process.execPath, ['tools/build.mjs'], { cwd: root, stdio: 'inherit' });
  make();
  console.log(`node_modules ${megabytes(join(app, 'node_modules'))} MB, dist ${megabytes(join(app, 'dist'))} MB, everything ${megabytes(app)} MB`);
  await ask();
} finally {
  if (process.argv.includes('--keep')) console.log(`kept in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}

function make() {
  mkdirSync(app);
  for (const file of ['package.json', 'package-lock.json', '.npmrc', 'README.md', 'LICENSE', 'dist', 'docs', 'tools/contexts.json',
    'tools/pinned-node.mjs', 'tools/image']) cpSync(join(root, file), join(app, file), { recursive: true });
  for (const readme of globSync('libs/*/README.md', { cwd: root })) cpSync(join(root, readme), join(app, readme));
  execFileSync('npm', ['ci', '--ignore-scripts', '--omit=dev'], { cwd: app, stdio: ['ignore', 'ignore', 'inherit'] });
  prune(app);
  chmodSync(folder, 0o755);
  execFileSync('chmod', ['-R', 'go-w,a+rX', app]);
  mkdirSync(data, { mode: 0o700 });
  chownSync(data, NODE.uid, NODE.gid);
}

/** With the demo, so that there is something to ask; a read-only tree for this user all the same. */
async function ask() {
  const env = { PATH: process.env.PATH, NODE_ENV: 'development', PORT: String(await freePort()), ATOLL_DATA_DIR: data, ATOLL_LOG_LEVEL: 'warn', HOME: '/nonexistent' };
  // The node of this run may live where the other user may not look.
  const node = join(folder, 'node');
  cpSync(process.execPath, node);
  chmodSync(node, 0o755);
  const options = { cwd: app, env, ...NODE, encoding: 'utf8' };
  const child = spawn(node, ['dist/apps/monolith/src/main.js'], { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await new Promise((resolve, reject) => {
      let printed = '';
      child.stdout.on('data', (chunk) => (printed += chunk).includes('Stop with Ctrl-C') && resolve());
      child.once('exit', (code) => reject(new Error(`ended with ${code}: ${printed}`)));
    });
    execFileSync(node, ['tools/image/healthcheck.mjs'], options);
    const answer = execFileSync(node, ['dist/apps/monolith/src/ask.js', 'How do I move search into its own pod?'], options);
    if (!/ATOLL_CONTEXTS=search/.test(answer)) throw new Error(`It answered something else:\n${answer}`);
    console.log(execFileSync(node, ['dist/apps/monolith/src/cli.js', 'doctor'], options));
    const docs = await fetch(`http://127.0.0.1:${env.PORT}/docs`);
    if (!docs.ok) throw new Error(`/docs answered ${docs.status}`);
    console.log('Started as uid 1000 on a read-only tree, healthy, and answered a question with its source.');
  } finally {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }
}

function megabytes(path) {
  return Math.round(bytes(path) / 1e6);
}

function bytes(path) {
  const stat = lstatSync(path);
  return stat.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + bytes(join(path, name)), 0) : stat.size;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
