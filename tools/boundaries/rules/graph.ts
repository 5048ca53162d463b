import type { Violation } from '../source.js';
import type { Tree } from '../tree.js';

const FILE = 'tools/contexts.json';

/** The declared graph is about the libraries that exist, names only those, and has no cycle. */
export function graphRules(tree: Tree): Violation[] {
  const fault = (message: string): Violation => ({ path: FILE, line: 1, rule: 'graph', message });
  const declared = Object.keys(tree.graph);
  return [
    ...tree.libraries.filter((name) => !declared.includes(name)).map((name) => fault(`libs/${name} is not declared`)),
    ...declared.filter((name) => !tree.libraries.includes(name)).map((name) => fault(`${name} is declared, but there is no libs/${name}`)),
    ...declared.flatMap((name) => tree.graph[name]!.filter((other) => !declared.includes(other))
      .map((other) => fault(`${name} depends on ${other}, which is not declared`))),
    ...cycles(tree.graph).map((path) => fault(`cycle: ${path.join(' -> ')}`)),
  ];
}

/** One cycle per strongly entangled start, each told once, from its alphabetically first member. */
function cycles(graph: Record<string, string[]>): string[][] {
  const found = new Map<string, string[]>();
  const walked = new Set<string>();
  const walk = (name: string, path: string[]): void => {
    const at = path.indexOf(name);
    if (at >= 0) {
      const ring = path.slice(at);
      const first = ring.indexOf([...ring].sort()[0]!);
      const turned = [...ring.slice(first), ...ring.slice(0, first)];
      found.set(turned.join(), [...turned, turned[0]!]);
      return;
    }
    if (walked.has(name)) return;
    for (const other of graph[name] ?? []) walk(other, [...path, name]);
    walked.add(name);
  };
  for (const name of Object.keys(graph)) walk(name, []);
  return [...found.values()];
}
