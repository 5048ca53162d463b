import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTree } from '../boundaries/tree.js';
import { dataMapPage } from './data-map.js';
import { factsOf } from './facts.js';
import { openapiPage } from './openapi.js';
import { pages } from './pages.js';
import { unnamed } from './readme.js';

/** `npm run docs` writes the generated pages; `--check` only tells which are stale, and what the contexts' READMEs leave out. */
const check = process.argv.includes('--check');
const tree = readTree(process.cwd());
const written = { ...pages(tree), 'docs/data-map.md': await dataMapPage(), 'docs/openapi.json': await openapiPage(tree.root) };
const stale = Object.entries(written)
  .filter(([path, text]) => !existsSync(join(tree.root, path)) || readFileSync(join(tree.root, path), 'utf8') !== text);
const faults = unnamed(tree, factsOf(tree));

for (const [path, text] of stale) {
  if (check) faults.push(`${path} is stale: run npm run docs`);
  else writeFileSync(join(tree.root, path), text);
}
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else console.log(check ? 'Docs: generated pages are fresh, READMEs name everything.'
  : `Docs: ${stale.map(([path]) => path).join(', ') || 'nothing'} written.`);
