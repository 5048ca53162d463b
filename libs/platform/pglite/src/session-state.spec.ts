import pg from 'pg';
import { EmbeddedFixture } from '../test/embedded.fixture.js';

describe('what belongs to one connection of the engine', () => {
  const fixture = new EmbeddedFixture();
  beforeAll(async () => {
    await fixture.start();
    const admin = await fixture.client();
    await admin.query('create role keeper login; create schema shelf authorization keeper; create table shelf.book (name text); alter ' +
      'table shelf.book owner to keeper');
  });
  afterAll(() => fixture.stop());

  const setting = async (client: pg.Client | pg.Pool, name: string): Promise<unknown> =>
    (await client.query('select current_setting($1, true) as value', [name])).rows[0].value;

  it('starts with its startup options', async () => {
    const [plain, shelf] = [await fixture.client(),
      await fixture.client({ options: '-c search_path=shelf -c DateStyle=German', application_name: 'librarian' })];
    for (let round = 0; round < 2; round++) {
      expect((await shelf.query('select * from book')).rows).toEqual([]);
      expect((await shelf.query(`select '2026-11-21'::date::text as day`)).rows).toEqual([{ day: '21.11.2026' }]);
      expect(await setting(shelf, 'application_name')).toBe('librarian');
      await expect(plain.query('select * from book')).rejects.toThrow('does not exist');
      expect((await plain.query(`select '2026-11-21'::date::text as day`)).rows).toEqual([{ day: '2026-11-21' }]);
    }
  });

  it('logs in as its user, who may do no more than that user', async () => {
    const keeper = await fixture.client({ user: 'keeper' });
    const admin = await fixture.client();
    expect((await keeper.query('select session_user, current_user')).rows).toEqual([{ session_user: 'keeper', current_user: 'keeper' }]);
    expect((await admin.query('select session_user')).rows).toEqual([{ session_user: 'postgres' }]);
    await expect(keeper.query('create role thief')).rejects.toMatchObject({ code: '42501' });
    await expect(keeper.query('set role postgres')).rejects.toMatchObject({ code: '42501' });
  });

  it('refuses settings that do not exist with the server’s words', async () => {
    const odd = await fixture.client({ options: '-c no_such_setting=1' });
    await expect(odd.query('select 1')).rejects.toThrow(/no_such_setting/);
    await expect(odd.query('select 1')).rejects.toThrow();
  });

  it('keeps SET and SET ROLE to itself, and gives up what a transaction took back', async () => {
    const [one, two] = [await fixture.client({ options: '-c work_mem=5MB' }), await fixture.client()];
    await one.query(`set work_mem = '9MB'; set role keeper`);
    await one.query('begin');
    await one.query(`set statement_timeout = '7s'`);
    await one.query('rollback');
    expect(await setting(two, 'work_mem')).toBe('4MB');
    expect((await two.query('select current_user')).rows).toEqual([{ current_user: 'postgres' }]);
    expect(await setting(one, 'work_mem')).toBe('9MB');
    expect(await setting(one, 'statement_timeout')).toBe('0');
    expect((await one.query('select current_user')).rows).toEqual([{ current_user: 'keeper' }]);
    await one.query('reset role; reset work_mem');
    expect(await setting(one, 'work_mem')).toBe('5MB');
  });

  it('leaves nothing of a transaction’s own settings behind', async () => {
    const pool = fixture.pool({ max: 3 });
    await Promise.all(Array.from({ length: 30 }, async (_, n) => {
      const client = await pool.connect();
      await client.query('begin');
      await client.query(`select set_config('role', 'keeper', true), set_config('app.tenant_id', $1, true)`, [`tenant ${n}`]);
      expect((await client.query(`select current_user, current_setting('app.tenant_id') as tenant`)).rows)
        .toEqual([{ current_user: 'keeper', tenant: `tenant ${n}` }]);
      await client.query(n % 2 ? 'commit' : 'rollback');
      expect((await client.query(`select current_user, nullif(current_setting('app.tenant_id', true), '') as tenant`)).rows)
        .toEqual([{ current_user: 'postgres', tenant: null }]);
      client.release();
    }));
  });

  it('survives another connection’s DISCARD ALL', async () => {
    const [one, two] = [await fixture.client({ options: '-c work_mem=6MB' }), await fixture.client()];
    await one.query({ name: 'kept', text: 'select 41 + $1::int as n', values: [1] });
    await one.query('listen standing');
    const heard: (string | undefined)[] = [];
    one.on('notification', ({ payload }) => heard.push(payload));
    await two.query('listen standing');
    await two.query('discard all');
    expect((await one.query({ name: 'kept', text: 'select 41 + $1::int as n', values: [2] })).rows).toEqual([{ n: 43 }]);
    expect(await setting(one, 'work_mem')).toBe('6MB');
    await two.query(`notify standing, 'still'`);
    await one.query('select 1');
    expect(heard).toEqual(['still']);
  });

  it('frees advisory locks with the last connection that took any', async () => {
    const [one, two] = [await fixture.client(), await fixture.client()];
    await one.query('select pg_advisory_lock(7)');
    await one.end();
    expect((await two.query(`select count(*)::int as n from pg_locks where locktype = 'advisory'`)).rows).toEqual([{ n: 0 }]);
  });
});
