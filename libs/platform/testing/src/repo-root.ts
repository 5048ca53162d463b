import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The checkout's top folder, found from source and from dist/ alike. */
export function repoRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package-lock.json'))) {
    if (dirname(folder) === folder) throw new Error('No package-lock.json above this file: it must run inside a checkout of Atoll.');
    folder = dirname(folder);
  }
  return folder;
}
