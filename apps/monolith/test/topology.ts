import { bootContexts, engines } from '#kernel/testing';
import { contexts } from '../../contexts.js';
import { contextNames, Fleet, freePorts, type Member } from './fleet.js';

/** A running Atoll, whatever it consists of: the end-to-end specs know its address and nothing else. */
export interface House {
  url: string;
  close(): Promise<void>;
}

export interface Topology {
  name: string;
  open(): Promise<House>;
}

/** Contexts that run twice when every one has a process of its own. */
const DOUBLED = ['search', 'agent'];

/** For `describe.each(topologies)`: what one process answers, many must answer alike. ATOLL_TEST_ENGINES narrows them with the databases. */
export const topologies: Topology[] = [
  ...engines.map((engine) => ({
    name: `one process, ${engine}`,
    open: async (): Promise<House> => {
      const booted = await bootContexts(await Promise.all(contexts.map(async ({ load }) => (await load()).context)), { engine });
      return { url: await booted.listen(), close: () => booted.close() };
    },
  })),
  ...(engines.includes('postgres') ? [{ name: 'edge, every context in its own process, worker; postgres and redis', open: () => openSplit() }] : []),
];

/** An edge that hosts nothing, a process for each context (two for some), a worker. */
export async function openSplit(env: Record<string, string> = {}): Promise<House & { fleet: Fleet }> {
  const fleet = await Fleet.open({ env });
  const replicas = contextNames.flatMap((name) => (DOUBLED.includes(name) ? [name, name] : [name]));
  const [edge, worker, ...ports] = await freePorts(replicas.length + 2);
  const pods: Member[] = replicas.map((context, at) => ({ name: `${context}-${ports[at]}`, port: ports[at]!, env: { ATOLL_CONTEXTS: context } }));
  const urls = Object.fromEntries(contextNames.map((context) => [
    `ATOLL_URL_${context.toUpperCase()}`,
    pods.filter(({ env }) => env.ATOLL_CONTEXTS === context).map(({ port }) => `http://127.0.0.1:${port}`).join(','),
  ]));
  try {
    await fleet.start(
      { name: 'edge', port: edge!, env: { ATOLL_CONTEXTS: 'none', ...urls } },
      { name: 'worker', app: 'worker', port: worker!, env: {} },
      ...pods,
    );
  } catch (error) {
    await fleet.close();
    throw error;
  }
  return { url: `http://127.0.0.1:${edge}`, fleet, close: () => fleet.close() };
}
