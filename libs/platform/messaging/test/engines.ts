import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { seedDataDir, startPostgres } from '#platform/testing';
import { createLogin } from '#platform/runtime';
import type { DeliveryHarness } from './harness.js';
import { inEmbedded, inPostgres, openOffice } from './office.js';

/** The database is the queue, on the embedded engine: one process at a time. */
export async function onEmbedded(): Promise<DeliveryHarness> {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-delivery-'));
  await seedDataDir(join(folder, 'data'), []);
  return {
    open: (wirings, env) => openOffice(wirings, inEmbedded(join(folder, 'data')), env),
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The database is the queue, on a Postgres that several processes share. */
export async function onPostgres(settings: Record<string, string> = {}): Promise<DeliveryHarness> {
  const server = await startPostgres();
  const adminUrl = await server.createDatabase();
  const { databaseUrl } = await createLogin({ adminUrl, login: `atoll_test_${randomBytes(5).toString('hex')}` });
  return {
    open: (wirings, env) => openOffice(wirings, inPostgres(databaseUrl, adminUrl), { ...settings, ...env }),
    close: async () => {
      await server.dropDatabase(adminUrl);
      await server.close();
    },
  };
}
