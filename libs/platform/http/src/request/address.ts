import type { IncomingHttpHeaders } from 'node:http';
import { isIP, isIPv6, SocketAddress } from 'node:net';

/** `203.0.113.9:50000`, `[2001:db8::1]`, `[2001:db8::1]:443`, also in the quotes of Forwarded. */
const WITH_PORT = /^"?(?:\[([^\]]+)\]|([\d.]+))(?::\d+)?"?$/;
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/**
 * One spelling for one address, whatever a proxy writes: without port, brackets and interface, IPv6 as short as it goes, IPv4 as itself
 * where it is mapped into IPv6. What is no address stays as it is.
 */
export function plainAddress(text: string): string {
  const given = text.trim();
  const [, bracketed, dotted] = WITH_PORT.exec(given) ?? [];
  const address = (bracketed ?? dotted ?? given).split('%')[0]!;
  if (!isIPv6(address)) return isIP(address) === 0 ? given : address;
  const short = new SocketAddress({ address, family: 'ipv6' }).address;
  return MAPPED.exec(short)?.[1] ?? short;
}

/** Before anybody asks for the caller's address: proxies that are trusted are recognised, and callers told apart, by addresses alone. */
export function spellAddresses(headers: IncomingHttpHeaders): void {
  const told = headers['x-forwarded-for'];
  if (typeof told === 'string') headers['x-forwarded-for'] = told.split(',').map(plainAddress).join(', ');
}

/**
 * What counts as one caller: an IPv4 address, or the /64 of an IPv6 one, since each of its 2^64 addresses belongs to the same hand. Every
 * limit by address asks this.
 */
export function networkOf(text: string): string {
  const address = plainAddress(text);
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const groups = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
