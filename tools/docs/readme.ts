import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tree } from '../boundaries/tree.js';
import type { Facts } from './facts.js';

/** What a context owns and its README does not name: prose that nothing checks drifts. */
export function unnamed(tree: Tree, facts: Map<string, Facts>): string[] {
  return tree.libraries.flatMap((library) => {
    const own = facts.get(library);
    const path = `libs/${library}/README.md`;
    if (!own || library.startsWith('platform/') || !existsSync(join(tree.root, path))) return [];
    const readme = readFileSync(join(tree.root, path), 'utf8');
    const words: [string, string[]][] = [
      ['call', own.calls.map(({ name }) => name)],
      ['event', own.events],
      ['job', own.jobs],
      ['schedule', own.schedules],
      ['table', own.tables],
      ['setting', own.settings.map(({ name }) => name)],
    ];
    return words.flatMap(([kind, names]) =>
      names.filter((name) => !readme.includes(`\`${name}\``)).map((name) => `${path} does not name the ${kind} \`${name}\``));
  });
}
