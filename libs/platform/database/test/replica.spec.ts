import { asTenant, eventually, runStandby, startPostgres, type TestPostgres, withAdmin } from '#platform/testing';
import { depot, shop } from './wall/fixture.js';
import { reasonOf, tenantWith } from './wall/proof-kit.js';
import { createLogin, migrateDatabase, withPlatform } from '#platform/runtime';
import { Database } from '../src/database.js';
import { newId } from '#platform/core';
import type { Db } from '../src/db.js';

const MAX_LAG_MS = 2_000;
const WHERE = 'select pg_is_in_recovery() as standby';

describe('reads that may be some seconds old', () => {
  let server: TestPostgres;
  let standby: Awaited<ReturnType<typeof runStandby>>;
  let adminUrl: string;
  let url: string;
  let database: Database;
  let db: Db;
  const others: Database[] = [];

  const at = (place: string, port: number): string => Object.assign(new URL(place), { port: String(port) }).href;
  const open = (replicaUrl: string): Promise<Database> => Database.open(withPlatform({
    config: { connectionString: url }, embedded: false, schemas: [shop, depot], limits: { size: 5, statementMs: 10_000, waitMs: 5_000 },
    replica: { config: { connectionString: replicaUrl }, maxLagMs: MAX_LAG_MS },
  }));
  const onStandby = async (): Promise<boolean> =>
    asTenant(newId(), async () => (await db.readStale<{ standby: boolean }>(WHERE))[0]!.standby);
  const admin = (sql: string): Promise<unknown> => withAdmin(at(adminUrl, standby.facts.port), (client) => client.query(sql));

  beforeAll(async () => {
    server = await startPostgres({ own: true, fsync: false });
    adminUrl = await server.createDatabase();
    url = (await createLogin({ adminUrl, login: 'atoll_replica_spec' })).databaseUrl;
    await migrateDatabase(adminUrl, [shop, depot]);
    standby = await runStandby(server);
    database = await open(at(url, standby.facts.port));
    db = database.dbs.get('shop')!;
    await eventually(async () => expect(await onStandby()).toBe(true));
  }, 120_000);

  afterAll(async () => {
    for (const one of [database, ...others]) await one?.close();
    await standby?.stop();
    await server?.close();
  });

  it('are answered by the standby, everything else by the primary', async () => {
    expect(await asTenant(newId(), () => db.query(WHERE))).toEqual([{ standby: false }]);
    expect(await asTenant(newId(), () => db.tx(() => db.readStale(WHERE)))).toEqual([{ standby: false }]);
    expect(await db.system('the spec looks', () => db.readStale(WHERE))).toEqual([{ standby: true }]);
  });

  it('stand behind the same wall', async () => {
    const [a, b] = [await tenantWith(db, 'a'), await tenantWith(db, 'b')];
    const names = (tenantId: string): Promise<unknown> =>
      asTenant(tenantId, () => db.readStale('select name, pg_is_in_recovery() as standby, current_user as as from shop.item'));
    for (const [{ tenantId }, name] of [[a, 'a'], [b, 'b']] as const)
      await eventually(async () => expect(await names(tenantId)).toEqual([{ name, standby: true, as: 'atoll_shop' }]));
    expect(await asTenant(a.tenantId, () => db.readStale('select from shop.item where id = $1', [b.id]))).toEqual([]);
    expect(await reasonOf(() => db.readStale('select from shop.item'))).toBe('kernel.no-tenant');
    expect(await asTenant(a.tenantId, () => reasonOf(() => db.readStale('select from depot.shelf')))).toMatch(/^42501/);
    expect(await asTenant(a.tenantId, () => reasonOf(() => db.readStale('reset role')))).toBe('kernel.statement-refused');
    expect(await asTenant(a.tenantId, () => reasonOf(() => db.readStale(`select set_config('app.tenant_id', $1, true)`, [b.tenantId]))))
      .toBe('kernel.statement-refused');
    // Many tenants at once on few connections.
    const tenants = await Promise.all(Array.from({ length: 20 }, (_, n) => tenantWith(db, `n${n}`)));
    await eventually(async () => expect(await names(tenants.at(-1)!.tenantId)).toHaveLength(1));
    const seen = await Promise.all(Array.from({ length: 400 },
      async (_, n) => ((await names(tenants[n % 20]!.tenantId)) as { name: string }[])[0]?.name));
    expect(seen).toEqual(Array.from({ length: 400 }, (_, n) => `n${n % 20}`));
  });

  it('go to the primary while the standby is too far behind, and come back', async () => {
    const { tenantId } = await tenantWith(db, 'before');
    await admin('select pg_wal_replay_pause()');
    const late = await tenantWith(db, 'late');
    await eventually(async () => expect(await onStandby()).toBe(false));
    expect(await asTenant(late.tenantId, () => db.readStale('select name from shop.item'))).toEqual([{ name: 'late' }]);
    await admin('select pg_wal_replay_resume()');
    await eventually(async () => expect(await onStandby()).toBe(true));
    expect(await asTenant(tenantId, () => db.readStale('select name from shop.item'))).toEqual([{ name: 'before' }]);
  }, 40_000);

  it('are never asked of a server that is no copy of this one, or through a login above the wall', async () => {
    const elsewhere = await server.createDatabase();
    await migrateDatabase(elsewhere, [shop, depot]);
    await withAdmin(elsewhere,
      (client) => client.query('grant connect on database ' + new URL(elsewhere).pathname.slice(1) + ' to atoll_replica_spec'));
    const wrong = [url, Object.assign(new URL(url), { pathname: new URL(elsewhere).pathname }).href, at(adminUrl, standby.facts.port)];
    for (const replicaUrl of wrong) others.push(await open(replicaUrl));
    for (let round = 0; round < 5; round++) {
      for (const { dbs } of others) expect(await asTenant(newId(), () => dbs.get('shop')!.readStale(WHERE))).toEqual([{ standby: false }]);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  });

  it('are answered by the primary when the standby dies', async () => {
    const { tenantId } = await tenantWith(db, 'survivor');
    await eventually(async () => expect(await onStandby()).toBe(true));
    await standby.facts.kill();
    for (let round = 0; round < 20; round++) expect(await asTenant(tenantId, () => db.readStale('select name from shop.item')))
      .toEqual([{ name: 'survivor' }]);
    expect(await onStandby()).toBe(false);
  });
});
