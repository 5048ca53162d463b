import { inspectRedis, type RedisFindings } from '#kernel/module';
import { tellClock } from './clock.js';
import { type Finding, Findings } from './finding.js';
import type { Patient } from './patient.js';

const OLDEST = 7;

/** Redis, where one is set: version, what it does when full, persistence, role, clock. */
export async function examineRedis({ remote: { redisUrl } }: Patient): Promise<Finding[]> {
  if (!redisUrl) return [];
  const found = new Findings('redis');
  try {
    const facts = await inspectRedis(redisUrl);
    const { hostname } = new URL(redisUrl);
    if (Number.parseInt(facts.version, 10) < OLDEST) found.fault(`version ${facts.version} is older than ${OLDEST}`, `Upgrade it to Redis ${OLDEST} or newer (Valkey 7.2 or newer will do).`);
    else found.ok(`Redis ${facts.version} at ${hostname}`);
    tellMemory(found, facts);
    if (facts.replica) found.fault('this server is a replica and takes no writes', 'Point REDIS_URL to the primary.');
    if (facts.cluster) found.fault('this server is one node of a Redis Cluster, and REDIS_URL is used as a single server', 'Use a Redis without cluster mode: what Atoll keeps there is small and can be lost.');
    if (!facts.appendOnly) found.warning('append-only file is off: a restart forgets the calls under way, whose callers are told to try again; nothing that was accepted is lost, it stands in Postgres', 'Set `appendonly yes` and `appendfsync everysec` to shorten the time until everything flows again.');
    tellClock(found, `Redis at ${hostname}`, facts.skewMs);
  } catch (error) {
    found.refused(error);
  }
  return found.all;
}

function tellMemory(found: Findings, { policy, maxMemory, usedMemory }: RedisFindings): void {
  if (policy !== 'noeviction') {
    found.fault(`maxmemory-policy is ${policy}: a full Redis would silently drop calls and jobs under way`, 'CONFIG SET maxmemory-policy noeviction, and write it to redis.conf (managed Redis: the parameter of that name).');
  } else found.ok('maxmemory-policy is noeviction');
  if (maxMemory > 0 && usedMemory > maxMemory * 0.8) {
    found.warning(`${Math.round((usedMemory / maxMemory) * 100)} % of maxmemory is in use; a full Redis refuses calls`, 'Raise maxmemory, or see what else uses this Redis.');
  }
}
