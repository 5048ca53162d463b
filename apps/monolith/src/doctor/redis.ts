import { describeRedis, inspectRedis, type RedisFindings, type RedisServerFindings, type RedisConfig } from '#platform/transport';
import { tellClock } from './clock.js';
import { type Finding, Findings } from './finding.js';
import type { Patient } from './patient.js';

const OLDEST = 7;

/** Redis, where one is set: version, what it does when full, persistence, role, clock of each server; Sentinels and cluster. */
export async function examineRedis({ remote }: Patient): Promise<Finding[]> {
  const where = remote.redisUrl ? whereIs(remote) : undefined;
  // A REDIS_URL that cannot be read is told among the settings.
  if (!where) return [];
  const found = new Findings('redis');
  try {
    const facts = await inspectRedis(remote);
    tellSentinels(found, facts);
    if (facts.clusterState === 'ok') found.ok(`every slot of ${where} has a server`);
    else if (facts.clusterState) found.fault(`${where} is not whole (cluster_state: ${facts.clusterState}): calls and quotas whose slot ` +
      `has no server fail`, 'Bring the missing node back: redis-cli --cluster check HOST:PORT, then --cluster fix.');
    for (const server of facts.servers) tellServer(found, server, facts);
  } catch (error) {
    found.refused(error);
  }
  return found.all;
}

function whereIs({ redisUrl }: RedisConfig): string | undefined {
  try {
    return describeRedis(redisUrl!);
  } catch {
    return undefined;
  }
}

function tellServer(found: Findings, facts: RedisServerFindings, { form }: RedisFindings): void {
  const { at, version } = facts;
  if (Number.parseInt(version, 10) < OLDEST) found.fault(`version ${version} at ${at} is older than ${OLDEST}`,
    `Upgrade it to Redis ${OLDEST} or newer (Valkey 7.2 or newer will do).`);
  else found.ok(`Redis ${version} at ${at}`);
  tellMemory(found, facts);
  if (facts.replica) found.fault(`${at} is a replica and takes no writes`,
    'Point REDIS_URL to the primary, or to the Sentinels that know it (redis+sentinel://).');
  if (facts.cluster && form !== 'cluster') found.fault(`${at} is one node of a Redis Cluster, and REDIS_URL uses it as a single server`,
    'Write redis+cluster:// (rediss+cluster:// over TLS) in place of its beginning.');
  if (!facts.appendOnly) found.warning(`append-only file is off at ${at}: a restart forgets the calls under way, whose callers are told ` +
    `to try again; nothing that was accepted is lost, it stands in Postgres`,
    'Set `appendonly yes` and `appendfsync everysec` to shorten the time until everything flows again.');
  tellClock(found, `Redis at ${at}`, facts.skewMs);
}

function tellSentinels(found: Findings, { sentinels }: RedisFindings): void {
  const silent = sentinels.filter(({ fault }) => fault !== undefined);
  for (const { at, fault } of silent) {
    const mend = 'Start it, or name in REDIS_URL what the Sentinels watch (redis-cli -p 26379 SENTINEL MASTERS) and where they are; a ' +
      'majority of them must see each other.';
    if (silent.length === sentinels.length) found.fault(`the Sentinel at ${at} is of no use: ${fault}`, mend);
    else found.warning(`the Sentinel at ${at} is of no use: ${fault}`, mend);
  }
  if (sentinels.length > 0 && silent.length === 0)
    found.ok(`${sentinels.length} Sentinel${sentinels.length > 1 ? 's' : ''} would fail over`);
}

function tellMemory(found: Findings, { at, policy, maxMemory, usedMemory }: RedisServerFindings): void {
  if (policy !== 'noeviction') {
    found.fault(`maxmemory-policy is ${policy} at ${at}: a full Redis would silently drop calls and jobs under way`,
      'CONFIG SET maxmemory-policy noeviction, and write it to redis.conf (managed Redis: the parameter of that name).');
  } else found.ok(`maxmemory-policy is noeviction at ${at}`);
  if (maxMemory > 0 && usedMemory > maxMemory * 0.8) {
    found.warning(`${Math.round((usedMemory / maxMemory) * 100)} % of maxmemory is in use at ${at}; a full Redis refuses calls`,
      'Raise maxmemory, or see what else uses this Redis.');
  }
}
