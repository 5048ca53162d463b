import pg from 'pg';
import { newId } from '../context/ids.js';
import { Database, withClient } from './database.js';
import { embeddedTarget, serverTarget } from './open-databases.js';
import { shop, depot, ItemRow, asTenant } from './db.fixture.js';
const limits = { size: 5, statementMs: 30000, waitMs: 10000 };
const ADMIN = 'postgres://postgres@127.0.0.1:54391';
async function make(engine: string) {
  if (engine === 'embedded') return embeddedTarget({}, [shop, depot], limits);
  const name = `t${Date.now()}`;
  await withClient({ connectionString: `${ADMIN}/postgres` }, async (c) => {
    await c.query(`create database ${name}`);
    await c.query(`do $$ begin create role atoll_app login noinherit; exception when duplicate_object then null; end $$`);
    await c.query(`do $$ begin create role atoll_runtime nologin noinherit; exception when duplicate_object then null; end $$`);
    await c.query('grant atoll_runtime to atoll_app');
  });
  return serverTarget(`postgres://atoll_app@127.0.0.1:54391/${name}`, `${ADMIN}/${name}`, [shop, depot], limits);
}
describe.each(['postgres', 'embedded'])('%s', (engine) => {
  let base: Database;
  beforeAll(async () => { const t=Date.now(); base = await Database.open(await make(engine)); console.log('open', Date.now()-t); });
  afterAll(async () => { await base?.close(); });
  it('works', async () => {
    const db = base.dbs.get('shop')!;
    const a = newId(), b = newId();
    const id = newId();
    await asTenant(a, () => db.repo(ItemRow).insert({ tenantId: a, id, name: 'x', amount: 1 }));
    expect(await asTenant(a, () => db.repo(ItemRow).findOneBy({ id }))).toMatchObject({ name: 'x' });
    expect(await asTenant(b, () => db.repo(ItemRow).findOneBy({ id }))).toBeNull();
    expect(await asTenant(b, () => db.query('select * from shop.item'))).toEqual([]);
    await expect(asTenant(b, () => db.repo(ItemRow).insert({ tenantId: a, id: newId(), name: 'y', amount: 1 }))).rejects.toThrow(/row-level/);
    await expect(asTenant(b, () => base.dbs.get('depot')!.query('select * from shop.item'))).rejects.toThrow(/permission/);
    expect(await db.system('look', () => db.query('select name from shop.item'))).toEqual([{ name: 'x' }]);
    expect(() => db.repo(ItemRow).find()).rejects.toThrow(/without a tenant/);
    await asTenant(a, () => db.tx(async () => {
      await db.repo(ItemRow).insert({ tenantId: a, id: newId(), name: 'z', amount: 1 });
      await db.repo(ItemRow).save({ tenantId: a, id: newId(), name: 'w', amount: 1 });
    }));
    expect(await asTenant(a, () => db.query('select name from shop.item order by 1'))).toEqual([{ name: 'w' }, { name: 'x' }, { name: 'z' }]);
  });
  it('fast', async () => {
    const db = base.dbs.get('shop')!;
    const a = newId(); const id = newId();
    await asTenant(a, () => db.repo(ItemRow).insert({ tenantId: a, id, name: 'x', amount: 1 }));
    const run = async (label: string, one: () => Promise<unknown>) => {
      for (const n of [2000, 10000]) {
      let left = n; const t = process.hrtime.bigint(); const cpu = process.cpuUsage();
      await Promise.all(Array.from({ length: 8 }, () => asTenant(a, async () => { while (left-- > 0) await one(); })));
      const s = Number(process.hrtime.bigint() - t) / 1e9; const c = process.cpuUsage(cpu);
      if (n > 2000) console.log(engine, label, Math.round(n / s), 'req/s', Math.round((c.user + c.system) / n), 'us');
      }
    };
    const item = db.repo(ItemRow);
    await run('findOneBy', () => item.findOneBy({ tenantId: a, id }));
    await run('query', () => db.query('select * from shop.item where tenant_id=$1 and id = $2', [a, id]));
    if (engine === 'postgres') {
      const pool = new pg.Pool({ connectionString: base.target.admin!.connectionString, max: 5 });
      await run('plain pg', () => pool.query('select * from shop.item where tenant_id=$1 and id = $2', [a, id]));
      await run('plain pg named', () => pool.query({ name: 'x', text: 'select * from shop.item where tenant_id=$1 and id = $2', values: [a, id] }));
      await pool.end();
    }
  });
});
