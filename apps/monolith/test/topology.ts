import { bootContexts, engines, S3Server } from '#platform/testing';
import { contexts } from '../../contexts.js';
import { contextNames, Fleet, type FleetOptions, freePorts, type Member } from './fleet.js';

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

const SPLIT = 'edge, every context in its own process, worker; postgres, redis and S3';

/**
 * For `describe.each(topologies)`: what one process answers, many must answer alike. ATOLL_TEST_ENGINES narrows them with the databases.
 */
export const topologies: Topology[] = [
  ...engines.map((engine) => ({
    name: `one process, ${engine}`,
    open: async (): Promise<House> => {
      const booted = await bootContexts(await Promise.all(contexts.map(async ({ load }) => (await load()).context)), { engine });
      return { url: await booted.listen(), close: () => booted.close() };
    },
  })),
  ...(engines.includes('postgres') ? [{ name: SPLIT, open: openSplitOverS3 }] : []),
];

/** Nothing on disk is shared here. */
async function openSplitOverS3(): Promise<House> {
  const s3 = await S3Server.start();
  try {
    const { url, close } = await openSplit({ env: s3.env });
    return { url, close: () => close().then(() => s3.close()) };
  } catch (error) {
    await s3.close();
    throw error;
  }
}

/** A process for each of these besides the edge and the worker: the contexts it hosts, under a name of its own. */
export type Pods = Record<string, string[]>;

export const everyContextAlone: Pods = Object.fromEntries(
  contextNames.flatMap((name) => (DOUBLED.includes(name) ? [[name, [name]], [`${name}-2`, [name]]] : [[name, [name]]])));

/** An edge that hosts nothing, the pods, a worker. */
export async function openSplit({ pods: hosted = everyContextAlone, ...options }: FleetOptions & { pods?: Pods } = {}): Promise<House
  & { fleet: Fleet }> {
  const fleet = await Fleet.open(options);
  const [edge, worker, ...ports] = await freePorts(Object.keys(hosted).length + 2);
  const pods: Member[] = Object.entries(hosted)
    .map(([name, names], at) => ({ name, port: ports[at]!, env: { ATOLL_CONTEXTS: names.join(',') } }));
  const urls = Object.fromEntries(contextNames.map((name) => [
    `ATOLL_URL_${name.toUpperCase()}`,
    Object.values(hosted).flatMap((names, at) => (names.includes(name) ? [`http://127.0.0.1:${ports[at]}`] : [])).join(','),
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
