import 'reflect-metadata';
import { newId } from '#platform/core';
import { crash, crashed, mend } from './crash-house.js';
import { as, inEmbedded, inPostgres, openOffice } from './office.js';

/**
 * The process that is killed: writes a row, an event and a job in one transaction, tells that they are committed, and goes on, while it
 * also handles what it and those before it left. It stops accepting before a slow machine falls behind for good, and stays until its
 * parent is gone. Arguments: the data folder, or the login's and the owner's URL of a Postgres and that of a Redis.
 */
const [first, admin, redis] = process.argv.slice(2);
const office = await openOffice([crash], admin ? inPostgres(first!, admin) : inEmbedded(first),
  { ATOLL_LEASE_SECONDS: '1', ...(redis && { REDIS_URL: redis }) });
const { db, events, jobs, note } = office.desk('crash');
const desk = office.desk('crash');
/** Of each of five tenants. */
const EACH = 12;
/** Now and then so many events are committed at once: they share transactions, and a kill finds those half done. */
const BURST = 8;
const tenants = Array.from({ length: 5 }, () => newId());
process.stdin.on('close', () => process.exit(0)).resume();
process.stdout.write('up\n');

await Promise.all(tenants.map(async (tenant) => {
  for (let left = EACH; left > 0; left--) {
    const many = Array.from({ length: left % 6 === 0 ? BURST : 1 }, () => newId());
    await as(tenant, () => db.tx(async () => {
      for (const n of many) {
        await note.call(desk, tenant, 'crash', `accepted ${n}`);
        await events.publish(crashed, { n });
        await jobs.add(mend, { n });
      }
    }));
    process.stdout.write(many.map((n) => `accepted ${n}\n`).join(''));
    await new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 60));
  }
}));
