import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { SchemaOwner } from '#platform/database';
import { databaseTargets, migrateDatabase, openDatabases } from '#platform/runtime';
import { eventually, startPgBouncer, startRedisCluster, startSentinels, startTlsRedis, type TestDatabase,
  testDatabase } from '#platform/testing';
import { contexts } from '../../../contexts.js';
import { type Examination, examine } from './doctor.js';
import type { Level } from './finding.js';
import { admit } from './patient.js';

const dataDir = mkdtempSync(join(tmpdir(), 'atoll-doctor-'));
let owners: SchemaOwner[];
let database: TestDatabase;

beforeAll(async () => {
  owners = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
  database = await testDatabase({ engine: 'postgres', owners });
});

afterAll(async () => {
  await database?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const env = (more: Record<string, string> = {}): Record<string, string> =>
  ({ ATOLL_DATA_DIR: dataDir, DATABASE_URL: database.url!, ...more });
const told = ({ findings }: Examination, level: Level): string[] =>
  findings.filter((finding) => finding.level === level).map(({ area, says }) => `${area}: ${says}`);

describe('of a pooler, the doctor', () => {
  it.each(['transaction', 'session'] as const)('names one of %ss that is set up wrongly', async (mode) => {
    const bouncer = await startPgBouncer({ urls: [database.url!, database.adminUrl!], mode, size: 8 });
    const through = bouncer.through(database.url!);
    const seen = (more: Record<string, string> = {}): Promise<Examination> => examine(env({ DATABASE_URL: through, ...more }));
    try {
      expect(told(await seen(), 'fault')).toEqual([expect.stringMatching(mode === 'transaction'
        ? /gives each transaction another connection, and ATOLL_DATABASE_POOLER says none/
        : /to a pooler of sessions, and ATOLL_DATABASE_POOLER says none/)]);
      const set = await seen({ ATOLL_DATABASE_POOLER: mode, ATOLL_DATABASE_DIRECT_URL: database.url! });
      expect(told(set, 'fault')).toEqual([]);
      expect(told(set, 'warning')).toEqual([]);
      expect(told(set, 'ok').join('\n')).toMatch(`through a pooler of ${mode}s`);
      if (mode === 'session') return;
      expect(told(await seen({ ATOLL_DATABASE_POOLER: mode }), 'warning').join('\n')).toMatch(/keeps one connection of the pooler for itself/);
      const all = await seen({ ATOLL_DATABASE_POOLER: mode, ATOLL_DATABASE_DIRECT_URL: through,
        ATOLL_MIGRATION_DATABASE_URL: bouncer.through(database.adminUrl!) });
      expect(told(all, 'fault'))
        .toEqual([expect.stringMatching(/DIRECT_URL leads to a pooler/),
          expect.stringMatching(/MIGRATION_DATABASE_URL leads to a pooler/)]);
      await expect(migrateDatabase(bouncer.through(database.adminUrl!), owners))
        .rejects.toMatchObject({ reason: 'kernel.database-pooler' });
      const { core, database: limits, hosted } = (await admit(env({ DATABASE_URL: through }))).patient;
      await expect(openDatabases(await databaseTargets(core, limits, hosted, {})))
        .rejects.toMatchObject({ reason: 'kernel.database-pooler',
          message: expect.stringMatching(/Set ATOLL_DATABASE_POOLER to transaction or session/) as string });
    } finally {
      await bouncer.close();
    }
  });
});

describe('of Redis in other forms, the doctor', () => {
  it('sees a cluster whole, one that lost a node, and one that is used as a single server', async () => {
    const cluster = await startRedisCluster();
    try {
      expect(told(await examine(env({ REDIS_URL: cluster.url })), 'ok').filter((one) => /slot|Redis \d/.test(one)))
        .toEqual([expect.stringMatching(/every slot of the cluster/),
          ...Array.from({ length: 3 }, () => expect.stringMatching(/Redis 7/) as string)]);
      expect(told(await examine(env({ REDIS_URL: `redis://127.0.0.1:${cluster.ports[0]}` })), 'fault'))
        .toEqual([expect.stringMatching(/is one node of a Redis Cluster/)]);
      const node = new Redis(cluster.ports[0]!, '127.0.0.1');
      await node.cluster('DELSLOTSRANGE', 0, 10);
      await node.quit();
      await eventually(async () =>
        expect(told(await examine(env({ REDIS_URL: cluster.url })), 'fault').join('\n')).toMatch(/is not whole \(cluster_state: fail\)/));
    } finally {
      await cluster.close();
    }
  });

  it('asks each Sentinel whether it would fail over', async () => {
    const sentinels = await startSentinels();
    try {
      expect(told(await examine(env({ REDIS_URL: sentinels.url })), 'ok').join('\n'))
        .toMatch(/2 Sentinels would fail over[\s\S]*Redis 7.* at main/);
      expect(told(await examine(env({ REDIS_URL: sentinels.url.replace('/main', '/other') })), 'fault').join('\n'))
        .toMatch(/Sentinel at \S+ is of no use: .*No such master/);
      expect(told(await examine(env({ REDIS_URL: sentinels.url.replace('//', '//127.0.0.1:1,') })), 'warning').join('\n'))
        .toMatch(/Sentinel at 127\.0\.0\.1:1 is of no use: Redis could not be reached/);
    } finally {
      await sentinels.close();
    }
  });

  it('wants the authority of its certificate', async () => {
    const redis = await startTlsRedis();
    try {
      expect(told(await examine(env({ REDIS_URL: redis.url })), 'fault').join('\n'))
        .toMatch(/authority this process does not know.*ATOLL_REDIS_CA/);
      expect(told(await examine(env({ REDIS_URL: redis.url, ATOLL_REDIS_CA: redis.ca })), 'fault')).toEqual([]);
    } finally {
      await redis.close();
    }
  });
});
