import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unseen, told, violations } from './boundaries.js';
import { planted, plantedElsewhere } from './planted.js';
import { graphRules } from './rules/graph.js';
import { type Tree, readTree } from './tree.js';

const root = join(import.meta.dirname, '..', '..');

describe('the house', () => {
  const tree = readTree(root);

  it('was read: every library, and hundreds of files', () => {
    expect(unseen(tree)).toEqual([]);
    expect(tree.libraries).toEqual(expect.arrayContaining(['platform/core', 'tenancy']));
    expect(tree.sources.length).toBeGreaterThan(200);
    expect(tree.sources.flatMap((source) => source.imports).length).toBeGreaterThan(1_000);
  });

  it('keeps its own rules', () => {
    expect(violations(tree).map(told)).toEqual([]);
  });
});

describe('planted sins', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-boundaries-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are found, each on its line, and nothing else is', () => {
    for (const [path, text] of Object.entries(planted)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const marked = Object.entries(planted).flatMap(([path, text]) =>
      text.split('\n').flatMap((line, index) => [...line.matchAll(/✗ ([a-z-]+)/g)].map(([, rule]) => `${path}:${index + 1} ${rule}`)));
    const found = violations(readTree(folder))
      .map(({ path, line, rule }) => (plantedElsewhere.includes(`${path} ${rule}`) ? `${path} ${rule}` : `${path}:${line} ${rule}`));
    expect(marked.length).toBeGreaterThan(50);
    expect(found.sort()).toEqual([...marked, ...plantedElsewhere].sort());
  });

  it('an empty tree is not a clean one', () => {
    const tree: Tree = { root: folder, sources: [], libraries: ['alpha'], graph: { alpha: [] }, doors: new Map(), dependencies: new Set() };
    expect(unseen(tree)).toEqual(['libs/alpha']);
  });
});

describe('the declared graph', () => {
  const faults = (libraries: string[], graph: Record<string, string[]>) =>
    graphRules({ root, sources: [], libraries, graph, doors: new Map(), dependencies: new Set() }).map(({ message }) => message);

  it('may branch and join', () => {
    expect(faults(['k', 'a', 'b', 'c'], { k: [], a: ['k'], b: ['k'], c: ['a', 'b', 'k'] })).toEqual([]);
  });

  it('has no cycle, told once', () => {
    expect(faults(['a', 'b', 'c'], { a: ['b'], b: ['c'], c: ['a'] })).toEqual(['cycle: a -> b -> c -> a']);
    expect(faults(['a'], { a: ['a'] })).toEqual(['cycle: a -> a']);
  });

  it('is about the libraries on disk', () => {
    expect(faults(['a', 'b'], { a: [], c: [] })).toEqual(['libs/b is not declared', 'c is declared, but there is no libs/c']);
  });
});
