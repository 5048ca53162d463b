/**
 * `node tools/image/prune.mjs FOLDER`: takes out of FOLDER/node_modules and FOLDER/dist what a running Atoll never opens, for the container image.
 * tools/image/rehearse.mjs starts what is left and asks it a question.
 */
import { globSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Types, source maps and prose of packages; our own maps stay, they make stack traces readable. */
const TYPES = /\.(ts|mts|cts|map|md|markdown|flow|tsbuildinfo)$/;

/** Whole folders and files: the Node that npm brings (the image has its own), and the other builds of a package beside the one Node loads. */
const UNUSED = [
  'node_modules/node-linux-*', 'node_modules/node', 'node_modules/.bin', 'node_modules/.package-lock.json',
  // Optional to @nestjs/swagger, whose compiler plug-in we do not use.
  'node_modules/typescript',
  'node_modules/typeorm/browser',
  // LangChain imports js-tiktoken/lite.
  'node_modules/js-tiktoken/dist/ranks', 'node_modules/js-tiktoken/dist/index.*',
  'node_modules/swagger-ui-dist/*es-bundle*', 'node_modules/swagger-ui-dist/*.txt',
  'dist/bench', 'dist/tools', 'dist/.built', 'dist/libs/platform/testing', 'dist/libs/platform/*/test', 'dist/libs/*/test', 'dist/apps/*/test', 'dist/**/*.spec.js*', 'dist/**/*.fixture.js*',
];

export function prune(root) {
  for (const pattern of UNUSED) for (const path of globSync(pattern, { cwd: root })) rmSync(join(root, path), { recursive: true, force: true });
  pruneFolder(join(root, 'node_modules'));
}

function pruneFolder(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) pruneFolder(path);
    else if (TYPES.test(entry.name)) rmSync(path);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) prune(process.argv[2] ?? '.');
