/**
 * Imported first by everything that is started as `node <file>`: where that Node is older than Atoll needs (node:sqlite, compile cache), the
 * same command goes on with the Node that `npm ci` installed. npm scripts find that one by themselves, a shell does not.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const OLDEST = [22, 15];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  const pinned = join(import.meta.dirname, '..', 'node_modules', '.bin', 'node');
  if (!existsSync(pinned)) {
    console.error(`Atoll needs Node ${OLDEST.join('.')} or newer, and this is Node ${process.versions.node}. On Linux npm ci installs one ` +
      'beside Atoll; elsewhere install Node 24 from https://nodejs.org.');
    process.exit(1);
  }
  const child = spawn(pinned, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit' });
  // Ctrl-C reaches both from the terminal: told twice, a process that drains would stop at once.
  const forwarded = process.stdin.isTTY ? ['SIGTERM', 'SIGHUP'] : ['SIGTERM', 'SIGHUP', 'SIGINT'];
  if (process.stdin.isTTY) process.on('SIGINT', () => undefined);
  for (const signal of forwarded) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise((resolve) => child.once('exit', (...end) => resolve(end)));
  process.exit(code ?? (signal === 'SIGKILL' ? 137 : 1));
}
