import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { seedDataDir, startPostgres, startRedis } from '#platform/testing';
import { createLogin } from '#platform/runtime';
import type { DeliveryHarness } from './harness.js';
import { inEmbedded, inPostgres, openOffice } from './office.js';

/** From memory, on the embedded engine: one process at a time. */
export async function onEmbedded(): Promise<DeliveryHarness> {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-delivery-'));
  await seedDataDir(join(folder, 'data'), []);
  return {
    open: (wirings, env) => openOffice(wirings, inEmbedded(join(folder, 'data')), env),
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** From memory, on a Postgres server; with REDIS_URL through BullMQ. */
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

/** Several processes that share a Postgres and a Redis. */
export async function onRedis(settings: Record<string, string> = {}): Promise<DeliveryHarness> {
  const redis = await startRedis();
  const postgres = await onPostgres({ REDIS_URL: redis.url, ...settings });
  return {
    open: postgres.open,
    close: async () => {
      await postgres.close();
      await redis.close();
    },
  };
}
