import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configError, type ConfigFault } from '#platform/core';
import type { ContextWiring } from '#platform/runtime';
import { contexts, type HostableContext } from './contexts.js';

/** tools/contexts.json: which contexts each one may call. */
type Graph = Record<string, string[]>;

export interface Placement {
  hosted: ContextWiring[];
  /** Contexts that other processes host. */
  elsewhere: HostableContext[];
  /** Where requests for their routes go, by name: ATOLL_URL_<CONTEXT>, several replicas separated by commas. */
  urls: Map<string, URL[]>;
}

export interface PlacementRequest {
  /** ATOLL_CONTEXTS. */
  wanted: string[];
  redisUrl: string | undefined;
  env: NodeJS.ProcessEnv;
}

const URL_OF_CONTEXT = /^ATOLL_URL_([A-Z]+)$/;
const graphFile = join(import.meta.dirname, '..', '..', 'tools', 'contexts.json');

/**
 * Where each context runs, by ATOLL_CONTEXTS: `all`, `none` (an edge that only forwards), or the names this process hosts. What is not
 * hosted is called through Redis; without REDIS_URL every context that a hosted one calls must be hosted beside it, and what is missing is
 * told all at once.
 */
export async function placeContexts({ wanted, redisUrl, env }: PlacementRequest): Promise<Placement> {
  const graph = JSON.parse(readFileSync(graphFile, 'utf8')) as Graph;
  const names = namesOf(wanted);
  const { urls, faults } = readUrls(env, graph);
  const all = [...faults, ...placementFaults(names, graph, redisUrl !== undefined, urls)];
  if (all.length > 0) throw configError(all);
  const hosted = contexts.filter(({ contract }) => names.includes(contract.name));
  return {
    hosted: await Promise.all(hosted.map(async ({ load }) => (await load()).context)),
    elsewhere: contexts.filter((context) => !hosted.includes(context)),
    urls,
  };
}

function namesOf(wanted: string[]): string[] {
  if (wanted.includes('all')) return contexts.map(({ contract }) => contract.name);
  return wanted.length === 1 && wanted[0] === 'none' ? [] : wanted;
}

export function placementFaults(names: string[], graph: Graph, reachable: boolean, urls: Map<string, URL[]> = new Map()): ConfigFault[] {
  const known = knownOf(graph);
  const unknown = names.filter((name) => !known.includes(name));
  const missing = reachable ? [] : known.filter((name) => !names.includes(name) && names.some((host) => graph[host]?.includes(name)));
  const unserved = names.length === 0 ? known.filter((name) => !urls.has(name)) : [];
  return [
    ...unknown.map((name) => ({ name: 'ATOLL_CONTEXTS', fault: `names ${name}, which is no context. Known: ${known.join(', ')}` })),
    ...missing.map((name) => {
      const callers = names.filter((host) => graph[host]?.includes(name));
      return { name: 'ATOLL_CONTEXTS', fault: `leaves out ${name}, which ${callers.join(' and ')} ` +
        `call${callers.length === 1 ? 's' : ''}. Host it here too, or set REDIS_URL and host it in another process` };
    }),
    ...unserved.map((name) => ({ name: `ATOLL_URL_${name.toUpperCase()}`,
      fault: `must say where ${name} is served (http://${name}:3000): a process that hosts nothing (ATOLL_CONTEXTS=none) forwards every ` +
        `route` })),
  ];
}

/** Values are addresses inside the operator's network and may hold a password: faults never show them. */
export function readUrls(env: NodeJS.ProcessEnv, graph: Graph): { urls: Map<string, URL[]>; faults: ConfigFault[] } {
  const urls = new Map<string, URL[]>();
  const faults: ConfigFault[] = [];
  for (const [variable, value] of Object.entries(env)) {
    const name = URL_OF_CONTEXT.exec(variable)?.[1]?.toLowerCase();
    if (name === undefined || !value) continue;
    const parsed = value.split(',').map((one) => URL.parse(one.trim()));
    if (!knownOf(graph).includes(name))
      faults.push({ name: variable, fault: `names ${name}, which is no context. Known: ${knownOf(graph).join(', ')}` });
    else if (parsed.some((url) => !isBase(url))) faults.push({ name: variable,
      fault: 'must be the address of the process that hosts it (http://search:3000), or several separated by commas; without user, ' +
        'query or fragment' });
    else urls.set(name, parsed as URL[]);
  }
  return { urls, faults };
}

function isBase(url: URL | null): boolean {
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '' &&
    url.hash === '';
}

function knownOf(graph: Graph): string[] {
  return Object.keys(graph).filter((name) => !name.startsWith('platform/'));
}

/** One line for each context that is not hosted here: how it is called, and who serves its routes. */
export function describePlacement({ elsewhere, urls }: Placement, redisUrl: string | undefined): string[] {
  return elsewhere.map(({ contract: { name } }) => {
    const calls = redisUrl === undefined ? 'not called from here (no REDIS_URL)' : 'called through Redis';
    const at = urls.get(name)?.map(({ host }) => host).join(', ');
    const routes = at === undefined ? `its routes are not served here (no ATOLL_URL_${name.toUpperCase()})`
      : `its routes are forwarded to ${at}`;
    return `  ${name.padEnd(12)} ${calls}; ${routes}`;
  });
}
