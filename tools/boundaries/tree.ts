import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Source, parse, zoneOf } from './source.js';

/** Everything the rules look at, read from disk: nothing here is a list kept by hand. */
export interface Tree {
  root: string;
  sources: Source[];
  /** Contexts (`search`) and rooms of the platform (`platform/core`): folders of libs/ and of libs/platform/. */
  libraries: string[];
  /** tools/contexts.json: what each library may import. */
  graph: Record<string, string[]>;
  /** package.json#imports: `#search` -> the source file it opens. */
  doors: Map<string, string>;
  /** package.json#dependencies and #optionalDependencies. */
  dependencies: Set<string>;
}

interface Manifest {
  imports?: Record<string, { types: string }>;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const TOPS = ['apps', 'libs', 'tools', 'bench'];
const SKIPPED = new Set(['node_modules', 'dist', 'public']);

export function readTree(root: string): Tree {
  const manifest = json<Manifest>(join(root, 'package.json'));
  const libraries = join(root, 'libs');
  return {
    root,
    sources: TOPS.flatMap((top) => (existsSync(join(root, top)) ? read(root, top) : [])),
    libraries: folders(libraries)
      .flatMap((name) => (name === 'platform' ? folders(join(libraries, name)).map((room) => `platform/${room}`) : [name])),
    graph: json(join(root, 'tools/contexts.json')),
    doors: new Map(Object.entries(manifest.imports ?? {}).map(([door, { types }]) => [door, types.replace(/^\.\//, '')])),
    dependencies: new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })),
  };
}

/** The library a `#door` belongs to: `#search/module` -> search, `#platform/core` -> platform/core. */
export function libraryOf(specifier: string): string {
  const parts = specifier.slice(1).split('/');
  return parts.slice(0, parts[0] === 'platform' ? 2 : 1).join('/');
}

function folders(path: string): string[] {
  return existsSync(path) ? readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name) : [];
}

function read(root: string, folder: string): Source[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : read(root, path);
    const zone = /\.tsx?$/.test(path) && !path.endsWith('.d.ts') ? zoneOf(path) : undefined;
    return zone ? [parse(path, readFileSync(join(root, path), 'utf8'), zone)] : [];
  });
}

function json<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}
