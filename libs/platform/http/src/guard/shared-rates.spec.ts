import { Redis } from 'ioredis';
import { eventually, startRedis, type TestRedis } from '#platform/testing';
import { BestEffortRedis, RedisConfig } from '#platform/transport';
import { type EdgeFixture, as, edgeFixture } from '../../test/edge.fixture.js';

describe('quotas over all processes', () => {
  let redis: TestRedis;
  let admin: Redis;
  const open: { close(): unknown }[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url, { maxRetriesPerRequest: 0 });
    admin.on('error', () => undefined);
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
    await admin.config('SET', 'maxmemory', '0');
    await admin.flushall();
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.close();
  });

  async function process(http: { ratePerMinute?: number; publicRatePerMinute?: number }, url = redis.url): Promise<EdgeFixture> {
    const live = new BestEffortRedis(Object.assign(new RedisConfig(), { redisUrl: url }));
    const fixture = await edgeFixture({ http, providers: [{ provide: BestEffortRedis, useValue: live }] });
    open.push(fixture.edge, { close: () => live.onApplicationShutdown() });
    await eventually(() => expect(live.up).toBe(true));
    return fixture;
  }

  const get = async (fixture: EdgeFixture, path: string, token?: string) =>
    fixture.server.inject({ url: path, headers: token ? as(token) : {} });

  it('are one quota, however many processes the requests meet', async () => {
    const processes = [await process({ ratePerMinute: 12 }), await process({ ratePerMinute: 12 }), await process({ ratePerMinute: 12 })];
    const answers = await Promise.all(Array.from({ length: 30 }, (_, at) => get(processes[at % 3]!, '/things/mine', 'a:')));
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(12);
    expect(answers.filter(({ statusCode }) => statusCode === 429)).toHaveLength(18);
    expect(answers.map(({ headers }) => /r=(\d+)/.exec(String(headers.ratelimit))![1]).sort((a, b) => Number(b) - Number(a)).slice(0, 13))
      .toEqual(['11', '10', '9', '8', '7', '6', '5', '4', '3', '2', '1', '0', '0']);
    expect((await get(processes[0]!, '/things/mine', 'b:')).statusCode).toBe(200);
    const [key] = await admin.keys('*000a*');
    expect(key).toMatch(/^atoll:rate:caller:\{01900000-0000-7000-8000-00000000000a\/kernel\/rate\/.+\}$/);
    expect(await admin.pttl(key!)).toBeLessThanOrEqual(60_000);
  });

  it('that a principal brings count together over credentials and processes, and become stricter without Redis', async () => {
    const processes = [await process({ ratePerMinute: 100 }), await process({ ratePerMinute: 100 })];
    const codes = async (times: number) => (await Promise.all(Array.from({ length: times },
      (_, at) => get(processes[at % 2]!, '/things/mine', `a:p${at % 3}:tenant=8`)))).map(({ statusCode }) => statusCode);
    const first = await codes(12);
    expect([first.filter((code) => code === 200).length, first.filter((code) => code === 429).length]).toEqual([8, 4]);
    expect((await get(processes[0]!, '/things/mine', 'b::tenant=8')).statusCode).toBe(200);
    const strict = await process({ ratePerMinute: 100 });
    await admin.config('SET', 'maxmemory', '1');
    const alone = [];
    for (let at = 0; at < 4; at++) alone.push(await get(strict, '/things/mine', `b:p${at}:tenant=8`));
    expect(alone.map(({ statusCode }) => statusCode)).toEqual([200, 200, 429, 429]);
    expect(alone[0]!.headers['ratelimit-policy']).toBe('"tenant";q=2;w=60, "caller";q=25;w=60');
  });

  it('slow a guesser down wherever it goes', async () => {
    const processes = [await process({ publicRatePerMinute: 6 }), await process({ publicRatePerMinute: 6 })];
    const guesses: number[] = [];
    for (let at = 0; at < 9; at++) guesses.push((await get(processes[at % 2]!, '/things/mine', `guess${at}:`)).statusCode);
    expect(guesses.slice(0, 6)).toEqual([401, 401, 401, 401, 401, 401]);
    expect(guesses.slice(7)).toEqual([429, 429]);
  });

  it('become stricter, never open, when Redis is full', async () => {
    const fixture = await process({ ratePerMinute: 20 });
    await admin.config('SET', 'maxmemory', '1');
    const answers = [];
    for (let at = 0; at < 8; at++) answers.push(await get(fixture, '/things/mine', 'a:'));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    expect(answers[0]!.headers['ratelimit-policy']).toBe('"caller";q=5;w=60');
    await admin.config('SET', 'maxmemory', '0');
    expect((await get(fixture, '/things/mine', 'a:')).statusCode).toBe(200);
  });

  it('wait once for a Redis that hangs, and not at all for one that is gone', async () => {
    const mortal = await startRedis();
    const fixture = await process({ ratePerMinute: 4_000 }, mortal.url);
    const pauser = new Redis(mortal.url);
    await pauser.client('PAUSE', 1_500, 'ALL');
    pauser.disconnect();
    const timed = async (): Promise<number> => {
      const from = performance.now();
      expect((await get(fixture, '/things/mine', 'a:')).statusCode).toBe(200);
      return performance.now() - from;
    };
    const first = await timed();
    expect(first).toBeGreaterThan(90);
    expect(first).toBeLessThan(1_000);
    const silent = performance.now();
    for (let at = 0; at < 40; at++) await timed();
    expect(performance.now() - silent).toBeLessThan(1_000);
    await eventually(async () =>
      expect((await get(fixture, '/things/mine', 'a:')).headers['ratelimit-policy']).toBe('"caller";q=4000;w=60'));
    await mortal.kill!();
    await eventually(async () =>
      expect((await get(fixture, '/things/mine', 'a:')).headers['ratelimit-policy']).toBe('"caller";q=1000;w=60'));
    const gone = performance.now();
    for (let at = 0; at < 20; at++) await timed();
    expect(performance.now() - gone).toBeLessThan(500);
    await mortal.close();
  });
});
