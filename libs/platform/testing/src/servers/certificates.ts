import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, onPath } from './running-server.js';

export interface Certificates {
  /** Files in PEM: of the authority, and of the server it signed for. */
  ca: string;
  cert: string;
  key: string;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority of its own in `folder`, and a certificate for `names` (`IP:127.0.0.1`, `DNS:redis.example`) that it signed. */
export function makeCertificates(folder: string, names: string): Certificates {
  if (!onPath('openssl') && !aptInstall('openssl'))
    throw new Error('The specs need openssl to make a certificate and found none. Install it (Debian: apt-get install openssl).');
  const at = (name: string): string => join(folder, name);
  openssl('req', '-x509', ...KEY, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', '/CN=Atoll specs', '-days', '2');
  openssl('req', '-new', ...KEY, '-keyout', at('server.key'), '-out', at('server.csr'), '-subj', '/CN=redis');
  writeFileSync(at('names'), `subjectAltName=${names}\n`);
  openssl('x509', '-req', '-in', at('server.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-out', at('server.pem'),
    '-days', '2', '-extfile', at('names'));
  return { ca: at('ca.pem'), cert: at('server.pem'), key: at('server.key') };
}

function openssl(...args: string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr}`);
}
