/** One address of a Redis server, a Sentinel or a node of a cluster. */
export interface RedisNode {
  host: string;
  port: number;
}

/** What REDIS_URL says. */
export interface RedisPlace {
  form: 'server' | 'sentinel' | 'cluster';
  tls: boolean;
  /** The server itself; the Sentinels; nodes of the cluster, which tell about the others. */
  nodes: RedisNode[];
  username?: string;
  password?: string;
  /** Number of the database; a cluster has only 0. */
  db: number;
  /** How the Sentinels call the primary they watch. */
  master?: string;
  /** Of the Sentinels themselves. */
  sentinelUsername?: string;
  sentinelPassword?: string;
}

const FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^/?]*)@)?([^@/?]*)(\/[^?]*)?(?:\?(.*))?$/;
const NODE = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i;
const PORTS = { server: 6379, sentinel: 26379, cluster: 6379 };
const ESCAPES = 'user and password stand before the hosts (user:password@), with / ? @ in them written as %2F %3F %40';
const SAMPLES = 'redis://host:6379, rediss://host:6380, redis+sentinel://host1,host2,host3/primary, redis+cluster://host1,host2,host3';

/** Throws a sentence that goes on after "REDIS_URL"; never with a part of the text, which may be a password. */
export function readRedisUrl(text: string): RedisPlace {
  const [, scheme, kind, user, hosts, path = '', query = ''] = FORM.exec(text) ?? [];
  if (!scheme) throw new Error(`must be of the form ${SAMPLES}; ${ESCAPES}`);
  const form = (kind ?? 'server') as RedisPlace['form'];
  const nodes = hosts!.split(',').map((host) => readNode(host.trim(), PORTS[form]));
  if (form === 'server' && nodes.length > 1) throw new Error('names several hosts, which only redis+sentinel:// and redis+cluster:// do');
  const [first = '', second] = path.slice(1).split('/').filter((part) => part !== '').map(decodeURIComponent);
  if (form === 'sentinel' && !first) {
    throw new Error('must name the primary that the Sentinels watch: redis+sentinel://host1,host2,host3/primary');
  }
  const db = readDb((form === 'sentinel' ? second : first) || '0', form);
  const place: RedisPlace = { form, tls: scheme === 'rediss', nodes, db, ...credentials(user), ...options(query, form) };
  return form === 'sentinel' ? { ...place, master: first } : place;
}

/** For people: where REDIS_URL leads, without user and password. */
export function describeRedis(url: string): string {
  const { form, nodes, master } = readRedisUrl(url);
  const hosts = nodes.map(nodeName).join(', ');
  if (form === 'server') return hosts;
  return form === 'sentinel' ? `${master} of the Sentinels ${hosts}` : `the cluster of ${hosts}`;
}

export function nodeName({ host, port }: RedisNode): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function readNode(text: string, port: number): RedisNode {
  const [, host, given] = NODE.exec(text) ?? [];
  if (!host || Number(given ?? 1) > 65_535) throw new Error(`must name a host, or host:port, for each address; ${SAMPLES}`);
  return { host: host.replace(/^\[|\]$/g, ''), port: given ? Number(given) : port };
}

function readDb(text: string, form: RedisPlace['form']): number {
  if (!/^\d{1,4}$/.test(text)) throw new Error('ends in the number of a database, or in nothing: redis://host:6379/1');
  if (form === 'cluster' && text !== '0') throw new Error('names a database, and a cluster has only the one: take the number away');
  return Number(text);
}

function credentials(user: string | undefined): Pick<RedisPlace, 'username' | 'password'> {
  if (!user) return {};
  const colon = user.indexOf(':');
  const [name, password] = (colon < 0 ? [user, ''] : [user.slice(0, colon), user.slice(colon + 1)]).map(decodeURIComponent);
  return { ...(name && { username: name }), ...(password && { password }) };
}

function options(query: string, form: RedisPlace['form']): Pick<RedisPlace, 'sentinelUsername' | 'sentinelPassword'> {
  const given = new URLSearchParams(query);
  const known = form === 'sentinel' ? ['sentinel_username', 'sentinel_password'] : [];
  const unknown = [...given.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const hint = known.length > 0 ? `; it knows ${known.join(' and ')}` : ', where it takes none';
    throw new Error(`has an option Atoll does not know after its ?${hint}`);
  }
  const [sentinelUsername, sentinelPassword] = known.map((name) => given.get(name));
  return { ...(sentinelUsername && { sentinelUsername }), ...(sentinelPassword && { sentinelPassword }) };
}
