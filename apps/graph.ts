import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** tools/contexts.json: which contexts each one may call, lower ones first. */
export type Graph = Record<string, string[]>;

/** Found from the sources and from dist/ alike: it stands beside package.json. */
export function contextGraph(from = import.meta.dirname): Graph {
  const path = join(from, 'tools', 'contexts.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Graph) : contextGraph(dirname(from));
}
