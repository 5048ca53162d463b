import { lookup as resolve, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import { AppError } from '#platform/core';

const CONNECT_MS = 10_000;

export interface EgressAgents {
  operator: Dispatcher;
  user: Dispatcher;
  close(): Promise<void>;
}

/**
 * Connections of the two kinds of trust, never shared. The guard of the user's kind sits inside the look-up of the connection itself: the
 * address that was checked is the address that is connected to, so a name that resolves differently a moment later changes nothing.
 */
export function openAgents({ isAllowed }: EgressRules): EgressAgents {
  const operator = new Agent({ connect: { timeout: CONNECT_MS }, keepAliveTimeout: 30_000, connections: 256 });
  const user = new Agent({ connect: { timeout: CONNECT_MS, lookup: guardedLookup(isAllowed) }, keepAliveTimeout: 5_000, connections: 8,
    pipelining: 1 });
  return {
    operator,
    user,
    async close() {
      await Promise.all([operator.destroy(), user.destroy()]);
    },
  };
}

function guardedLookup(isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '', 0);
      const closed = addresses.find(({ address }) => !isAllowed(address));
      if (closed || addresses.length === 0) return callback(refusedAddress(hostname), '', 0);
      if (options.all) return (callback as unknown as (error: null, all: LookupAddress[]) => void)(null, addresses);
      callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}

/** Where a tenant's address may lead. */
export interface EgressRules {
  isAllowed: (address: string) => boolean;
  ports: string[];
}

const PORT_OF: Record<string, string> = { 'https:': '443', 'http:': '80' };

/** The checks that need no look-up: scheme, credentials in the URL, port, and addresses written as such. */
export function assertUserUrl(url: URL, { isAllowed, ports }: EgressRules): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new AppError('unprocessable', 'kernel.egress-refused',
      `Atoll opens http and https addresses only, not ${url.protocol} Give another address.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new AppError('unprocessable', 'kernel.egress-refused',
      'The address holds a user name or password, which would end up in logs. Remove it.');
  }
  const port = url.port || PORT_OF[url.protocol]!;
  if (!ports.includes(port)) throw new AppError('unprocessable', 'kernel.egress-refused',
    `Atoll does not call port ${port} of another server for a user, where no web server is. Give an address without a port, or ask the ` +
      'operator to add it to ATOLL_EGRESS_PORTS.');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isAllowed(host)) throw refusedAddress(host);
}

function refusedAddress(host: string): AppError {
  return new AppError('unprocessable', 'kernel.egress-refused',
    `${host} is inside a private network or on this machine, where Atoll does not go for a user. Give an address on the public internet.`);
}
