import type pg from 'pg';
import { eventually } from '#platform/testing';
import { EmbeddedFixture } from '../test/embedded.fixture.js';

describe('what the engine watches over', () => {
  const fixture = new EmbeddedFixture();
  beforeAll(() => fixture.start({ transactionLimitMs: 1_000, slowStatementMs: 600 }));
  afterAll(() => fixture.stop());
  beforeEach(() => void (fixture.events.length = 0));

  it('ends a transaction that is held too long: others go on, its owner is told, nothing of it stays', async () => {
    const [holder, other] = [await fixture.client(), await fixture.client()];
    await other.query('create table held (n int)');
    await holder.query('begin');
    await holder.query('insert into held values (1) -- the last statement');
    const started = performance.now();
    expect((await other.query('select count(*)::int as n from held')).rows).toEqual([{ n: 0 }]);
    expect(performance.now() - started).toBeGreaterThan(500);
    expect(fixture.events).toMatchObject(
      [{ event: 'transaction-ended', limitMs: 1_000, sql: 'insert into held values (1) -- the last statement' }]);
    await expect(holder.query('insert into held values (2)'))
      .rejects.toMatchObject({ code: '25P04', message: expect.stringContaining('runs one transaction at a time') });
    await expect(holder.query('select 1')).rejects.toMatchObject({ code: '25P04' });
    await expect(holder.query('rollback to savepoint x')).rejects.toMatchObject({ code: '25P04' });
    await holder.query('rollback');
    expect((await holder.query('select count(*)::int as n from held')).rows).toEqual([{ n: 0 }]);
  });

  it('never lets COMMIT of an ended transaction look like success', async () => {
    const holder = await fixture.client();
    await holder.query('begin');
    await holder.query('create table never (n int)');
    await eventually(() => expect(fixture.events).toHaveLength(1));
    await expect(holder.query('commit')).rejects.toMatchObject({ code: '25P04' });
    expect((await holder.query(`select to_regclass('never') as found`)).rows).toEqual([{ found: null }]);
  });

  it('does not end short transactions, however many follow each other', async () => {
    const client = await fixture.client();
    for (const until = performance.now() + 1_500; performance.now() < until; ) {
      await client.query('begin');
      await client.query('select 1');
      await client.query('commit');
    }
    expect(fixture.events).toEqual([]);
  });

  it('leaves a connection with a limit of its own to that one, as migrations need', async () => {
    const [free, short] = [await fixture.client({ options: '-c transaction_timeout=0' }),
      await fixture.client({ options: '-c transaction_timeout=100ms' })];
    await free.query('begin');
    await free.query('select pg_sleep(1.4)');
    await free.query('select 1');
    await free.query('commit');
    expect(fixture.events.filter(({ event }) => event === 'transaction-ended')).toEqual([]);
    await short.query('begin');
    await eventually(() => expect(fixture.events).toContainEqual(expect.objectContaining({ event: 'transaction-ended', limitMs: 100 })));
    await short.query('rollback');
  });

  it('refuses timeouts that would end the engine for everybody', async () => {
    const client = await fixture.client({ idle_in_transaction_session_timeout: 1 });
    await client.query('begin');
    await client.query('select pg_sleep(0.1)');
    await client.query('commit');
    await expect(client.query(`set transaction_timeout = '100ms'`))
      .rejects.toMatchObject({ code: '0A000', message: expect.stringContaining('startup option') });
    await expect(client.query(`select 1; SET LOCAL idle_in_transaction_session_timeout TO 5`)).rejects.toMatchObject({ code: '0A000' });
    await client.query(`select 'about transaction_timeout'`);
    expect(fixture.events).toEqual([]);
  });

  it('reports a long statement while it runs and when it ends', async () => {
    const client = await fixture.client();
    const running = client.query({ name: 'sleeper', text: 'select pg_sleep($1)', values: [2.5] });
    await eventually(() => expect(fixture.events).toMatchObject([{ event: 'statement-slow', finished: false, sql: 'select pg_sleep($1)' }]),
      { timeoutMs: 2_400 });
    await running;
    await eventually(() => expect(fixture.events)
      .toMatchObject([{ finished: false }, { event: 'statement-slow', finished: true, sql: 'select pg_sleep($1)' }]));
  });

  it('cancels a statement that waits for its turn, and nothing else', async () => {
    const [holder, waiting] = [await fixture.client(), await fixture.client()];
    await holder.query('begin');
    const late = waiting.query('select 1 as late');
    late.catch(() => undefined);
    await cancel(holder);
    await cancel(waiting);
    await expect(late).rejects.toMatchObject({ code: '57014' });
    await holder.query('commit');
    expect((await waiting.query('select 2 as next')).rows).toEqual([{ next: 2 }]);
  });

  /** A CancelRequest as libpq sends it: on a connection of its own, which the server closes without an answer. */
  async function cancel(client: pg.Client): Promise<void> {
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
    const request = Buffer.alloc(16);
    [16, 80_877_102, processID, secretKey].forEach((number, index) => request.writeInt32BE(number, index * 4));
    const stream = fixture.database.stream();
    stream.write(request);
    stream.resume();
    await new Promise((resolve) => stream.once('end', resolve));
  }
});

describe('an engine that fails', () => {
  const fixture = new EmbeddedFixture();
  beforeAll(() => fixture.start());
  afterAll(() => fixture.stop());

  it('tells every connection, recovers from its log, and serves new ones', async () => {
    const pool = fixture.pool({ max: 3 });
    await pool.query('create table kept (n int)');
    await pool.query('insert into kept values (1)');
    const [idle, busy] = [await fixture.client(), await fixture.client()];
    const lost = new Promise<Error>((resolve) => idle.once('error', resolve));
    await busy.query('begin');
    await busy.query('insert into kept values (2)');
    // Postgres leaves with FATAL where a copy finds no input; in this spelling it passes the guard against that.
    await expect(busy.query('copy kept from Stdin')).rejects.toThrow('The embedded database stopped');
    await expect(busy.query('select 1')).rejects.toThrow();
    expect((await lost).message).toContain('The embedded database stopped');
    expect((await pool.query('select n from kept')).rows).toEqual([{ n: 1 }]);
    expect(fixture.events.filter(({ event }) => event === 'engine-failed')).toMatchObject([{ restarting: true }]);
  });
});
