import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, type Redis } from 'ioredis';

const EVERY_MS = 3_000;
const PATIENCE_MS = 5_000;

/**
 * A machine that vanishes closes no connection: the system would notice after a quarter of an hour. Each connection is asked for a sign of life, and one
 * that gives none is opened anew, wherever the primary is by then.
 */
export function keepHearing(client: Redis | Cluster, everyMs = EVERY_MS, patienceMs = PATIENCE_MS): void {
  const asked = new WeakSet<Redis>();
  const look = (redis: Redis): void => {
    if (redis.status !== 'ready' || asked.has(redis)) return;
    asked.add(redis);
    const heard = redis.ping().then(() => true, () => true);
    void Promise.race([heard, pause(patienceMs, false, { ref: false })]).then((answered) => {
      asked.delete(redis);
      if (!answered && redis.status === 'ready') redis.disconnect(true);
    });
  };
  const timer = setInterval(() => (client instanceof Cluster ? client.nodes() : [client]).forEach(look), everyMs).unref();
  (client as { on(event: 'end', heard: () => void): unknown }).on('end', () => clearInterval(timer));
}
