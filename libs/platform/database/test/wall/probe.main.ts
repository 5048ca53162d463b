import { Database } from '../../src/database.js';
import { serverTarget } from '#platform/runtime';
import { bootProofs } from './boot-proofs.js';
import { connectionProofs } from './connection-proofs.js';
import { depot, shop } from './fixture.js';
import { flowProofs } from './flow-proofs.js';
import { interleave } from './interleave.js';
import { groundOf, inTime } from './proof-kit.js';
import { unitProofs } from './unit-proofs.js';

/**
 * Runs the proofs of the wall on a migrated server database and prints the first that finds something: a program with a line taken out is
 * run like this.
 */
const [url, adminUrl] = process.argv.slice(2) as [string, string];
const say = (finding: object): never => {
  process.stdout.write(JSON.stringify(finding));
  process.exit(0);
};

const database = await Database.open(serverTarget(url, undefined, [shop, depot], { size: 5, statementMs: 5_000, waitMs: 1_500 }))
  .catch((error: unknown) => say({ by: 'boot', fault: (error as Error).message }));
const ground = groundOf(database, { connectionString: adminUrl });
for (const proof of [...flowProofs, ...unitProofs, ...connectionProofs, ...bootProofs]) {
  const [fault] = await inTime(proof, ground, 8_000);
  if (fault) say({ by: proof.name, fault });
}
const { wrongTenant, dirty, unexpected } = await interleave(ground, { requests: 600, sqlSleep: true });
const [fault] = [...wrongTenant, ...dirty, ...unexpected];
say(fault ? { by: 'interleaving', fault } : {});
