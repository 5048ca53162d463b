import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '#platform/testing';
import { EmbeddedFixture } from '../test/embedded.fixture.js';

describe('many connections on one engine', () => {
  const fixture = new EmbeddedFixture();
  beforeAll(() => fixture.start());
  afterAll(() => fixture.stop());

  it('says what it is', async () => {
    expect(fixture.database.facts).toMatchObject({ version: 18, vector: true, parameters: { server_encoding: 'UTF8', TimeZone: 'UTC' } });
    const client = await fixture.client();
    expect((await client.query(`select '[1,2]'::vector <-> '[1,4]'::vector as distance`)).rows).toEqual([{ distance: 2 }]);
  });

  it('keeps each transaction whole and apart while a pool of five runs fifty', async () => {
    const pool = fixture.pool();
    await pool.query('create table account (id int primary key, amount int not null)');
    await pool.query('insert into account select n, 100 from generate_series(1, 10) n');
    const transfer = async (n: number): Promise<void> => {
      const client = await pool.connect();
      try {
        await client.query('begin');
        const { rows: [from] } = await client.query('select amount from account where id = $1', [(n % 10) + 1]);
        await sleep(n % 3);
        await client.query('update account set amount = $2 where id = $1', [(n % 10) + 1, (from as { amount: number }).amount - 1]);
        await client.query('update account set amount = amount + 1 where id = $1', [((n + 1) % 10) + 1]);
        await client.query(n % 5 === 0 ? 'rollback' : 'commit');
      } finally {
        client.release();
      }
    };
    await Promise.all(Array.from({ length: 50 }, (_, n) => transfer(n)));
    const { rows } = await pool.query('select sum(amount)::int as total, count(*)::int as accounts from account');
    expect(rows).toEqual([{ total: 1000, accounts: 10 }]);
    const lost = Array.from({ length: 50 }, (_, n) => n).filter((n) => n % 5 !== 0 && n % 10 === 3).length;
    const gained = Array.from({ length: 50 }, (_, n) => n).filter((n) => n % 5 !== 0 && (n + 1) % 10 === 3).length;
    expect((await pool.query('select amount from account where id = 4')).rows).toEqual([{ amount: 100 - lost + gained }]);
  });

  it('makes others wait for an open transaction, and lets them go on after it', async () => {
    const [one, two] = [await fixture.client(), await fixture.client()];
    await one.query('begin');
    const order: string[] = [];
    const waiting = two.query('select 1').then(() => order.push('two'));
    await sleep(50);
    await one.query('select 1');
    order.push('one');
    await one.query('commit');
    await waiting;
    expect(order).toEqual(['one', 'two']);
  });

  it('rolls back and frees everything when a connection dies in a transaction', async () => {
    const [dying, other] = [await fixture.client(), await fixture.client()];
    await other.query('create table fate (n int)');
    await dying.query('begin');
    await dying.query('insert into fate values (1)');
    const waiting = other.query('select count(*)::int as n from fate');
    await sleep(20);
    (dying as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    expect((await waiting).rows).toEqual([{ n: 0 }]);
  });

  it('rolls back a half-sent extended query of a dead connection', async () => {
    const [dying, other] = [await fixture.client(), await fixture.client()];
    await other.query('create table half (n int)');
    const { connection } = dying as unknown as { connection: { parse(q: object): void; bind(q: object): void; execute(q: object): void;
      flush(): void; stream: { destroy(): void } } };
    connection.parse({ text: 'insert into half values (1)' });
    connection.bind({});
    connection.execute({});
    connection.flush();
    await sleep(50);
    connection.stream.destroy();
    expect((await other.query('select count(*)::int as n from half')).rows).toEqual([{ n: 0 }]);
  });

  it('delivers notifications to who listens, and to nobody else', async () => {
    const [one, two, three] = [await fixture.client(), await fixture.client(), await fixture.client()];
    const heard: string[] = [];
    for (const [name, client] of [['one', one], ['two', two], ['three', three]] as const)
      client.on('notification', ({ channel, payload }) => heard.push(`${name} ${channel} ${payload}`));
    await one.query('listen "My Channel"');
    await two.query('LISTEN plain');
    await two.query('listen "My Channel"');
    await three.query(`select pg_notify('My Channel', 'a'), pg_notify('plain', 'b')`);
    await eventually(() => expect(heard.sort()).toEqual(['one My Channel a', 'two My Channel a', 'two plain b']));
    heard.length = 0;
    await two.query('unlisten "My Channel"');
    await three.query('begin');
    await three.query(`notify "My Channel", 'c'`);
    await sleep(30);
    expect(heard).toEqual([]);
    await three.query('commit');
    await eventually(() => expect(heard).toEqual(['one My Channel c']));
    await one.end();
    await three.query(`notify plain, 'd'`);
    await eventually(() => expect(heard).toEqual(['one My Channel c', 'two plain d']));
  });

  it('keeps prepared statements of the same name apart, and goes on with one that others closed', async () => {
    const [one, two] = [await fixture.client(), await fixture.client()];
    for (let round = 0; round < 3; round++) {
      expect((await one.query({ name: 'same', text: 'select 1 as n', values: [] })).rows).toEqual([{ n: 1 }]);
      expect((await two.query({ name: 'same', text: `select 'two' as n`, values: [] })).rows).toEqual([{ n: 'two' }]);
    }
    const shared = await fixture.client();
    await shared.query({ name: 'other name', text: 'select 1 as n', values: [] });
    await one.end();
    expect((await shared.query({ name: 'other name', text: 'select 1 as n', values: [] })).rows).toEqual([{ n: 1 }]);
    const { rows } = await two.query(`select count(*)::int as n from pg_prepared_statements where statement = 'select 1 as n'`);
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('forgets a statement that failed to parse, and one whose group failed before it', async () => {
    const client = await fixture.client();
    await expect(client.query({ name: 'bad', text: 'select * from nowhere', values: [] })).rejects.toThrow('nowhere');
    await client.query('create table nowhere (n int)');
    expect((await client.query({ name: 'bad', text: 'select * from nowhere', values: [] })).rows).toEqual([]);
    await client.query('alter table nowhere add m int');
    await expect(client.query({ name: 'bad', text: 'select * from nowhere', values: [] })).rejects.toThrow('cached plan');
    const fresh = await fixture.client();
    expect((await fresh.query({ name: 'again', text: 'select * from nowhere', values: [] })).fields).toHaveLength(2);
  });

  it('refuses another connection’s unnamed statement', async () => {
    const [one, two] = [await fixture.client(), await fixture.client()];
    type Raw = { parse(q: object): void; bind(q: object): void; execute(q: object): void; sync(): void;
      once(event: string, heard: (message: { code: string }) => void): void };
    const raw = (client: unknown): Raw => (client as { connection: Raw }).connection;
    raw(one).parse({ text: `select 'secret of one'` });
    raw(one).sync();
    await sleep(30);
    const refused = new Promise<{ code: string }>((resolve) => raw(two).once('errorMessage', resolve));
    raw(two).bind({});
    raw(two).execute({});
    raw(two).sync();
    expect((await refused).code).toBe('26000');
  });

  it('refuses COPY FROM STDIN in words and stays up', async () => {
    const client = await fixture.client();
    await client.query('create table copied (n int)');
    await expect(client.query('copy copied from stdin'))
      .rejects.toMatchObject({ code: '0A000', message: expect.stringContaining('DATABASE_URL') });
    await client.query('begin');
    await expect(client.query('select 1; Copy copied (n) FROM STDIN')).rejects.toMatchObject({ code: '0A000' });
    await client.query('rollback');
    expect(fixture.events).toEqual([]);
  });

  it('carries rows of many megabytes both ways', async () => {
    const client = await fixture.client();
    const big = 'é'.repeat(4_000_000);
    const { rows: [row] } = await client.query('select $1::text as back, octet_length($1)::int as bytes', [big]);
    expect(row).toMatchObject({ bytes: 8_000_000 });
    expect((row as { back: string }).back === big).toBe(true);
    const { rows } = await client.query(`select n, repeat('x', 1000) as text from generate_series(1, 5000) n`);
    expect(rows).toHaveLength(5000);
  });
});
