import { posix } from 'node:path';
import { type Source, type Violation, violation } from '../source.js';
import type { Tree } from '../tree.js';

interface Edge {
  to: string;
  source: Source;
  node: Parameters<typeof violation>[1];
}

/** Arrows run down: no circle between files, and none between folders that stand beside each other. */
export function circleRules(tree: Tree): Violation[] {
  const files = new Map<string, Edge[]>();
  const folders = new Map<string, Edge[]>();
  const known = new Set(tree.sources.map(({ path }) => path));
  for (const source of tree.sources) {
    if (source.zone.test || !['library', 'app'].includes(source.zone.kind)) continue;
    for (const { specifier, node } of source.imports) {
      const target = posix.join(posix.dirname(source.path), specifier.replace(/\.js$/, '.ts'));
      if (!specifier.startsWith('.') || !known.has(target)) continue;
      add(files, source.path, { to: target, source, node });
      const [from, to] = apart(posix.dirname(source.path), posix.dirname(target));
      if (from !== undefined && to !== undefined) add(folders, from, { to, source, node });
    }
  }
  return [...circles(files, 'file'), ...circles(folders, 'folder')];
}

/** The two sibling folders an import goes between: `a/b/c` and `a/d/e` are apart at `a/b` and `a/d`. None where one holds the other. */
function apart(from: string, to: string): [string?, string?] {
  const [a, b] = [from.split('/'), to.split('/')];
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 || at >= b.length ? [] : [a.slice(0, at + 1).join('/'), b.slice(0, at + 1).join('/')];
}

/** Every import that lies on a circle, told where it stands. */
function circles(graph: Map<string, Edge[]>, what: string): Violation[] {
  const reach = new Map([...graph.keys()].map((name) => [name, reachable(graph, name)]));
  return [...graph].flatMap(([from, edges]) =>
    edges
      .filter(({ to }) => reach.get(to)?.has(from))
      .map(({ to, source, node }) => violation(source, node, `${what}-circle`, `${from} and ${to} need each other: turn one arrow`)));
}

function reachable(graph: Map<string, Edge[]>, start: string): Set<string> {
  const seen = new Set<string>();
  const open = [start];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const { to } of graph.get(at) ?? []) {
      if (seen.has(to)) continue;
      seen.add(to);
      open.push(to);
    }
  }
  return seen;
}

function add(graph: Map<string, Edge[]>, from: string, edge: Edge): void {
  graph.set(from, [...(graph.get(from) ?? []), edge]);
}
