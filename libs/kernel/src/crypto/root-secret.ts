import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CoreConfig } from '../config/core.config.js';
import { configError } from '../config/load.js';

const MIN_LENGTH = 32;
const FILE = 'secret';

/** Texts that stand in examples and tutorials; long enough, and known to everybody. */
const WELL_KNOWN = /change[-_ ]?me|replace[-_ ]?(me|this)|your[-_ ]?secret|example|default|insecure|placeholder|^(.)\1+$|^(0123456789|abcdef)/i;

/**
 * The root secret: ATOLL_SECRET, or outside production a random one made once and kept in the data folder, readable by its owner alone.
 * Production never makes one up: two replicas with different secrets would refuse each other's messages and lose sealed credentials.
 */
export function rootSecret(core: CoreConfig): string {
  if (core.secret !== undefined) {
    const fault = faultOf(core.secret, core.production);
    if (fault !== undefined) throw configError([{ name: 'ATOLL_SECRET', fault }]);
    return core.secret;
  }
  if (core.production) {
    throw configError([{ name: 'ATOLL_SECRET', fault: `must be set in production, to the same random text of at least ${MIN_LENGTH} characters in every process (openssl rand -base64 48)` }]);
  }
  return keptSecret(core.dataDir);
}

function faultOf(secret: string, production: boolean): string | undefined {
  if (secret.length < MIN_LENGTH) return `must have at least ${MIN_LENGTH} characters (openssl rand -base64 48)`;
  if (production && (WELL_KNOWN.test(secret) || new Set(secret).size < 10)) return 'looks like an example, not like a secret; make one (openssl rand -base64 48)';
  return undefined;
}

/** Two processes that start together agree on one: a link to a whole file is made by the first, and the other reads that one. */
function keptSecret(dataDir: string): string {
  const path = join(dataDir, FILE);
  if (!existsSync(path)) {
    mkdirSync(dataDir, { recursive: true });
    const draft = `${path}.${randomUUID()}`;
    writeFileSync(draft, randomBytes(48).toString('base64url'), { mode: 0o600 });
    try {
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      unlinkSync(draft);
    }
  }
  const secret = readFileSync(path, 'utf8').trim();
  if (secret.length < MIN_LENGTH) throw configError([{ name: 'ATOLL_SECRET', fault: `is missing, and ${path} holds no whole secret. Delete that file to have a new one made` }]);
  return secret;
}
