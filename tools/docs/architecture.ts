import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tree } from '../boundaries/tree.js';

const [BEGIN, END] = ['<!-- drawn from tools/contexts.json -->', '<!-- end -->'];

/** docs/architecture.md with its drawing made anew: the declared graph, without arrows that others imply. */
export function architecturePage({ root, graph }: Tree): string {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`docs/architecture.md has lost the marks of its drawing: ${BEGIN} and ${END}`);
  return `${before}${BEGIN}\n\n${drawing(graph)}\n\n${END}${after}`;
}

function drawing(graph: Record<string, string[]>): string {
  const rooms = Object.keys(graph).filter((name) => name.startsWith('platform/') && name !== 'platform/testing');
  const contexts = Object.keys(graph).filter((name) => !name.startsWith('platform/'));
  const arrows = [...rooms.flatMap((name) => arrowsOf(graph, name, rooms)), ...contexts.flatMap((name) => arrowsOf(graph, name, contexts))];
  return [
    '```mermaid',
    'graph TD',
    '  subgraph contexts',
    ...contexts.map((name) => `    ${name}`),
    '  end',
    '  subgraph platform',
    ...rooms.map((name) => `    ${idOf(name)}[${idOf(name)}]`),
    '  end',
    ...arrows,
    '  contexts --> platform',
    '```',
  ].join('\n');
}

/** Direct dependencies of `name` among `shown` that no other dependency has already. */
function arrowsOf(graph: Record<string, string[]>, name: string, shown: string[]): string[] {
  const direct = graph[name]!.filter((other) => shown.includes(other));
  return direct
    .filter((other) => !direct.some((between) => between !== other && reaches(graph, between, other)))
    .map((other) => `  ${idOf(name)} --> ${idOf(other)}`);
}

function reaches(graph: Record<string, string[]>, from: string, to: string): boolean {
  return graph[from]!.some((next) => next === to || reaches(graph, next, to));
}

function idOf(name: string): string {
  return name.replace('platform/', '');
}
