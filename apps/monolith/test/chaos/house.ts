import { eventually } from '#platform/testing';
import type { Fleet } from '../fleet.js';
import { type Pods, openSplit } from '../topology.js';
import type { TalkingModel } from './model.js';
import { SmallDisk } from './small-disk.js';
import { MortalPostgres, MortalRedis } from './stores.js';

/** Fewer processes, for a machine that runs other specs as well. */
export const fewPods: Pods = { rest: ['tenancy', 'memory', 'billing', 'analytics'], search: ['search'], 'search-2': ['search'],
  agent: ['agent'], 'agent-2': ['agent'] };

/** Others take over after this long, in place of the 15 and 30 s of a deployment: a round is not to wait so long. */
const LEASES = { ATOLL_RUN_LEASE_SECONDS: '5', ATOLL_LEASE_SECONDS: '5' };

const DATABASE_MEGABYTES = 400;
const FILES_MEGABYTES = 24;

/** The built product as an operator runs it split, with everything under it that can fail. */
export interface House {
  url: string;
  fleet: Fleet;
  postgres: MortalPostgres;
  redis: MortalRedis;
  /** Absent where this process may not mount. */
  disks?: { database: SmallDisk; files: SmallDisk };
  close(): Promise<void>;
}

export async function openHouse({ pods, model, logs }: { pods?: Pods; model: TalkingModel; logs?: string }): Promise<House> {
  SmallDisk.sweep();
  const [database, files] = [SmallDisk.mount(DATABASE_MEGABYTES), SmallDisk.mount(FILES_MEGABYTES)];
  const unmount = (): void => [database, files].forEach((disk) => disk?.unmount());
  process.once('exit', unmount);
  try {
    const [postgres, redis] = await Promise.all([MortalPostgres.open(database?.path), MortalRedis.open()]);
    const stores = { databaseUrl: postgres.database.url!, redisUrl: redis.url,
      close: async () => void (await Promise.all([postgres.database.close(), redis.close()])) };
    const env = { ...LEASES, ...model.env, ...(files && { ATOLL_BLOB_DIR: files.path }),
      ...(logs && { ATOLL_LOG_LEVEL: 'info', ATOLL_ACCESS_LOG: 'false' }) };
    const { url, fleet, close } = await openSplit({ pods, env, stores, logs });
    return {
      url, fleet, postgres, redis,
      ...(database && files && { disks: { database, files } }),
      close: async () => {
        await close();
        unmount();
        process.off('exit', unmount);
      },
    };
  } catch (error) {
    unmount();
    throw error;
  }
}

/** Milliseconds until every process says that it is ready and sees Redis, and everything asked for through the edge is answered. */
export async function untilReady({ fleet }: Pick<House, 'fleet'>, probe: () => Promise<void>,
  { timeoutMs = 60_000 } = {}): Promise<number> {
  const from = performance.now();
  await eventually(() => Promise.all(fleet.members.map(({ name, port }) => assertReady(name, port))), { timeoutMs, everyMs: 50 });
  await eventually(probe, { timeoutMs, everyMs: 50 });
  return performance.now() - from;
}

async function assertReady(name: string, port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(3_500) });
  const { checks } = (await response.json()) as { checks?: { redis?: { answers?: boolean } } };
  if (response.status !== 200 || checks?.redis?.answers === false) throw new Error(`${name} is not ready: ${JSON.stringify(checks)}`);
}
