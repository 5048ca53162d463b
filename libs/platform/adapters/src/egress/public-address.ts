import { BlockList, isIP } from 'node:net';

/** Everything that is not the public internet: this host, private networks, cloud metadata, and ways to write those as something else. */
const CLOSED_V4 = [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

/** The last five carry IPv4 addresses inside (mapped, NAT64, Teredo, 6to4). */
const CLOSED_V6 = [
  ['::', 96], ['100::', 64], ['2001:db8::', 32], ['3fff::', 20], ['5f00::', 16], ['fc00::', 7], ['fe80::', 10], ['fec0::', 10],
  ['ff00::', 8],
  ['::ffff:0:0', 96], ['64:ff9b::', 96], ['64:ff9b:1::', 48], ['2001::', 23], ['2002::', 16],
] as const;

const v4 = new BlockList();
const v6 = new BlockList();
for (const [net, bits] of CLOSED_V4) v4.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of CLOSED_V6) v6.addSubnet(net, bits, 'ipv6');

/** Whether an IP address is on the public internet. Anything that is no IP address is not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !v4.check(address, 'ipv4');
  return family === 6 && !v6.check(address, 'ipv6');
}
