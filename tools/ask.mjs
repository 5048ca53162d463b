/** `npm run ask`: asks as soon as there is something built to ask with; the first start of a clone may still be building. */
import './pinned-node.mjs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = join(import.meta.dirname, '..');
const PATIENCE_MS = 120_000;

for (const until = Date.now() + PATIENCE_MS; !existsSync(join(root, 'dist', '.built')) && Date.now() < until; await sleep(250));
if (existsSync(join(root, 'dist', '.built'))) await import(join(root, 'dist/apps/monolith/src/ask.js'));
else {
  console.error('Nothing is built here. Start Atoll in another terminal with npm start, and ask again.');
  process.exitCode = 1;
}
