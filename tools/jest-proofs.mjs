import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The spec files that have a long form: those that ask `proof(short, long)` for their numbers, or look at ATOLL_PROVE themselves. */
export function proofFiles(root, tops = ['apps', 'libs', 'tools', 'bench']) {
  return tops.flatMap((top) => readdirSync(join(root, top), { recursive: true })
    .filter((path) => path.endsWith('.spec.ts'))
    .map((path) => join(root, top, path))
    .filter((path) => /\bproof\(|ATOLL_PROVE/.test(readFileSync(path, 'utf8'))));
}
