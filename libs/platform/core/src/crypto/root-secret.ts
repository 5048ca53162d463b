import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CoreConfig } from '../config/core.config.js';
import { configError } from '../config/load.js';
import { SECRET_LENGTH } from '../config/root-secret.rule.js';
import { Secrets } from './secrets.js';

const FILE = 'secret';

/**
 * The root secret: ATOLL_SECRET, or outside production a random one made once and kept in the data folder, readable by its owner alone.
 * Production never makes one up (the setting is required there): two replicas with different secrets would refuse each other's messages.
 */
export function rootSecret(core: CoreConfig): string {
  return core.secret ?? keptSecret(core.dataDir);
}

/** Everything that is derived from it, and from the former ones that are still known. */
export function openSecrets(core: CoreConfig): Secrets {
  return new Secrets(rootSecret(core), core.previousSecrets);
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
  if (secret.length < SECRET_LENGTH) throw configError(
    [{ name: 'ATOLL_SECRET', fault: `is missing, and ${path} holds no whole secret. Delete that file to have a new one made` }]);
  return secret;
}
