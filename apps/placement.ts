import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigFault, configError, type Contract, type ContextWiring } from '#kernel';
import { contexts } from './contexts.js';

/** tools/contexts.json: which contexts each one may call. */
type Graph = Record<string, string[]>;

export interface Placement {
  hosted: ContextWiring[];
  /** Contracts of the contexts that other processes host. */
  elsewhere: Contract[];
}

const graphFile = join(import.meta.dirname, '..', '..', 'tools', 'contexts.json');

/**
 * Where each context runs, by ATOLL_CONTEXTS: `all`, or the names this process hosts. What is not hosted is called through Redis; without
 * REDIS_URL every context that a hosted one calls must be hosted beside it, and what is missing is told all at once.
 */
export async function placeContexts(wanted: string[], redisUrl: string | undefined): Promise<Placement> {
  const graph = JSON.parse(readFileSync(graphFile, 'utf8')) as Graph;
  const names = wanted.includes('all') ? contexts.map(({ contract }) => contract.name) : wanted;
  const faults = placementFaults(names, graph, redisUrl !== undefined);
  if (faults.length > 0) throw configError(faults);
  const hosted = contexts.filter(({ contract }) => names.includes(contract.name));
  return {
    hosted: await Promise.all(hosted.map(async ({ load }) => (await load()).context)),
    elsewhere: contexts.filter((context) => !hosted.includes(context)).map(({ contract }) => contract),
  };
}

export function placementFaults(names: string[], graph: Graph, reachable: boolean): ConfigFault[] {
  const known = Object.keys(graph).filter((name) => name !== 'kernel');
  const unknown = names.filter((name) => !known.includes(name));
  const missing = reachable ? [] : known.filter((name) => !names.includes(name) && names.some((host) => graph[host]?.includes(name)));
  return [
    ...unknown.map((name) => ({ name: 'ATOLL_CONTEXTS', fault: `names ${name}, which is no context. Known: ${known.join(', ')}` })),
    ...missing.map((name) => {
      const callers = names.filter((host) => graph[host]?.includes(name));
      return { name: 'ATOLL_CONTEXTS', fault: `leaves out ${name}, which ${callers.join(' and ')} call${callers.length === 1 ? 's' : ''}. Host it here too, or set REDIS_URL and host it in another process` };
    }),
  ];
}
