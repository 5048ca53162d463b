import { Cluster, type Redis } from 'ioredis';
import { settledWithin } from '#platform/core';

const EVERY_MS = 3_000;
const PATIENCE_MS = 5_000;

/**
 * A machine that vanishes closes no connection: the system would notice after a quarter of an hour. Each connection is asked for a sign
 * of life, and one that gives none is opened anew, wherever the primary is by then.
 */
export function watchConnection(client: Redis | Cluster, everyMs = EVERY_MS, patienceMs = PATIENCE_MS): void {
  const asked = new WeakSet<Redis>();
  const look = async (redis: Redis): Promise<void> => {
    if (redis.status !== 'ready' || asked.has(redis)) return;
    asked.add(redis);
    const answered = await settledWithin(redis.ping(), patienceMs);
    asked.delete(redis);
    if (!answered && redis.status === 'ready') redis.disconnect(true);
  };
  const lookAtAll = (): void => (client instanceof Cluster ? client.nodes() : [client]).forEach((redis) => void look(redis));
  const timer = setInterval(lookAtAll, everyMs).unref();
  (client as { on(event: 'end', heard: () => void): unknown }).on('end', () => clearInterval(timer));
}
