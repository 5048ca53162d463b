import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LEAST_FREE_MB, lookAtDataFolder } from '../../../data-folder.js';
import { type Finding, Findings } from './finding.js';
import type { Patient } from './patient.js';

/** node:sqlite, which holds the lock of the embedded database, is there without a flag from here on. */
const OLDEST_NODE: [number, number] = [22, 15];

const LITTLE_MB = 1_024;

/** Node, and the folder this process writes to. */
export function examineMachine({ core }: Patient, node = process.versions.node): Finding[] {
  return [...examineNode(node), ...examineDataDir(resolve(core.dataDir))];
}

function examineNode(node: string): Finding[] {
  const found = new Findings('node');
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const old = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  if (old) found.fault(`${node} is older than ${OLDEST_NODE.join('.')}`,
    'Start Atoll with Node 24 (`npm ci` brings it on Linux; start it as `npm start`, or with node_modules/.bin/node).');
  else found.ok(node);
  return found.all;
}

function examineDataDir(dataDir: string): Finding[] {
  const found = new Findings('data folder');
  const { fault, freeMb } = lookAtDataFolder(dataDir);
  if (fault !== undefined) {
    found.fault(`${dataDir} cannot be written (${fault})`,
      'Give the user that runs Atoll the folder (chown), mount a writable volume there, or set ATOLL_DATA_DIR.');
    return found.all;
  }
  const room = `${dataDir}: ${freeMb} MB free`;
  if (freeMb < LEAST_FREE_MB) found.fault(room, 'Make room: uploads and, without DATABASE_URL, the database itself are written there.');
  else if (freeMb < LITTLE_MB) found.warning(room, 'Make room soon, or set ATOLL_DATA_DIR to a larger disk.');
  else found.ok(room);
  const secret = join(dataDir, 'secret');
  if (existsSync(secret) && (statSync(secret).mode & 0o077) !== 0)
    found.warning(`${secret} can be read by other users of this machine`, `chmod 600 ${secret}`);
  return found.all;
}
