import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigFault, configError, type ContextWiring } from '#kernel';
import { contexts } from './contexts.js';

/** tools/contexts.json: which contexts each one may call. */
type Graph = Record<string, string[]>;

const graphFile = join(import.meta.dirname, '..', '..', 'tools', 'contexts.json');

/**
 * The contexts this process hosts, by ATOLL_CONTEXTS: `all`, or names. A hosted context's calls must have somewhere to go, so every context
 * it depends on must be hosted beside it; what is missing is told all at once.
 */
export async function hostedContexts(wanted: string[]): Promise<ContextWiring[]> {
  const graph = JSON.parse(readFileSync(graphFile, 'utf8')) as Graph;
  const names = wanted.includes('all') ? contexts.map(({ name }) => name) : wanted;
  const faults = placementFaults(names, graph);
  if (faults.length > 0) throw configError(faults);
  const hosted = contexts.filter(({ name }) => names.includes(name));
  return Promise.all(hosted.map(async ({ load }) => (await load()).context));
}

export function placementFaults(names: string[], graph: Graph): ConfigFault[] {
  const known = Object.keys(graph).filter((name) => name !== 'kernel');
  const unknown = names.filter((name) => !known.includes(name));
  const missing = known.filter((name) => !names.includes(name) && names.some((host) => graph[host]?.includes(name)));
  return [
    ...unknown.map((name) => ({ name: 'ATOLL_CONTEXTS', fault: `names ${name}, which is no context. Known: ${known.join(', ')}` })),
    ...missing.map((name) => {
      const callers = names.filter((host) => graph[host]?.includes(name));
      return { name: 'ATOLL_CONTEXTS', fault: `leaves out ${name}, which ${callers.join(' and ')} call${callers.length === 1 ? 's' : ''} here. Add it` };
    }),
  ];
}
