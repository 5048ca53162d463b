import { Billing } from '#billing';
import { keyOf, newId, redisKey } from '#platform/core';
import { BestEffortRedis } from '#platform/transport';
import { asTenant, bootContexts, type BootedContexts, eventually, ModelServer, startRedis, testDatabase, type TestRedis,
  textReply } from '#platform/testing';
import { Memory } from '#memory';
import { Search } from '#search';
import { context } from '../src/agent.module.js';
import type { RunEvent } from '../src/contract.js';
import { FakeBilling, FakeMemory, FakeSearch } from './fakes.js';
import { textOf } from './house.js';
import { LiveStream } from './sockets.js';

const words = (count: number): string[] => Array.from({ length: count }, (_, at) => `w${at} `);
const deltas = (events: RunEvent[]): number => events.filter(({ event }) => event === 'answer.delta').length;

describe('an answer written by one process and read in another', () => {
  const tenantId = newId();
  const memory = new FakeMemory();
  let model: ModelServer;
  let redis: TestRedis;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let pods: BootedContexts[];
  let urls: string[];

  beforeAll(async () => {
    [model, redis, database] = await Promise.all([ModelServer.start(), startRedis(),
      testDatabase({ engine: 'postgres', owners: [context] })]);
    const env = {
      DATABASE_URL: database.url!, REDIS_URL: redis.url, ATOLL_SECRET: 'one secret of both of these processes', ATOLL_LOG_LEVEL: 'silent',
      ATOLL_RUN_LEASE_SECONDS: '30',
      OPENAI_API_KEY: 'key', OPENAI_BASE_URL: model.url, ATOLL_CHAT_MODEL: 'scripted-model',
    };
    const fakes = [{ provide: Memory, useValue: memory }, { provide: Search, useValue: new FakeSearch() },
      { provide: Billing, useValue: new FakeBilling() }];
    pods = [await bootContexts([context], { engine: 'postgres', env, fakes }),
      await bootContexts([context], { engine: 'postgres', env, fakes })];
    urls = await Promise.all(pods.map((pod) => pod.listen()));
  });
  afterAll(async () => {
    for (const pod of pods ?? []) await pod.close();
    await database?.close();
    await redis?.close();
    await model?.stop();
  });
  beforeEach(() => model.reset());

  async function ask(): Promise<LiveStream> {
    const id = newId();
    await asTenant(tenantId, () => memory.open({ id, agentId: null, title: null }));
    return LiveStream.open(`${urls[0]}/v1/conversations/${id}/messages`, tenantId, { body: { text: 'Why?' } });
  }

  const resume = (runId: string, seen: number): Promise<LiveStream> =>
    LiveStream.open(`${urls[1]}/v1/runs/${runId}/events`, tenantId, { headers: { 'last-event-id': String(seen) } });

  it('is shown there as it is written, from wherever the reader was', async () => {
    model.next(textReply(words(60), { delayMs: 25 }));
    const first = await ask();
    await first.until((events) => deltas(events) >= 10);
    await first.leave();
    const seen = first.events.at(-1)!.id;
    const writer = await LiveStream.open(`${urls[0]}/v1/runs/${first.runId}/events`, tenantId,
      { headers: { 'last-event-id': String(seen) } });
    const second = await resume(first.runId, seen);
    const late: number[] = [];
    for (let count = 5; count <= 40; count++) {
      await writer.until((events) => deltas(events) >= count);
      const from = performance.now();
      await second.until((events) => deltas(events) >= count);
      late.push(performance.now() - from);
    }
    await second.end();
    const all = [...first.events, ...second.events];
    expect(all.map(({ id }) => id)).toEqual(all.map((_, at) => at + 1));
    expect(textOf(all)).toBe(words(60).join(''));
    // The table is 100 ms behind at best.
    expect(late.sort((a, b) => a - b)[18]).toBeLessThan(30);
  });

  it('is stopped from there at once', async () => {
    model.next(textReply(words(500), { delayMs: 10 }));
    const stream = await ask();
    await stream.until((events) => deltas(events) >= 5);
    const from = performance.now();
    expect((await pods[1]!.as(tenantId).post(`/v1/runs/${stream.runId}/cancel`)).status).toBe(200);
    expect(await stream.end()).toMatchObject({ event: 'run.cancelled' });
    expect(performance.now() - from).toBeLessThan(2_000);
  });

  it('is nobody else\'s there either', async () => {
    model.next(textReply(words(20), { delayMs: 10 }));
    const stream = await ask();
    expect((await pods[1]!.as(newId()).get(`/v1/runs/${stream.runId}/events`)).status).toBe(404);
    await stream.end();
  });

  it('comes whole and as it was said, although Redis is wiped under way and somebody else writes into it', async () => {
    model.next(textReply(words(60), { delayMs: 20 }));
    const stream = await ask();
    await stream.until((events) => deltas(events) >= 3);
    const second = await resume(stream.runId, 0);
    await second.until((events) => deltas(events) >= 10);
    const key = redisKey('run', keyOf(tenantId, 'agent', stream.runId));
    const redisOf = pods[0]!.get(BestEffortRedis);
    expect(await redisOf.ask((client) => client.xlen(key))).toBeGreaterThan(0);
    await redisOf.ask((client) => client.flushall());
    await second.until((events) => deltas(events) >= 30);
    const forged = JSON.stringify([[second.events.at(-1)!.id + 1, 'answer.delta', { text: 'forged' }]]);
    await redisOf.ask((client) => client.xadd(key, '5000-0', 'lines', `c2lnbmVk.${forged}`));
    await Promise.all([stream.end(), second.end()]);
    expect(second.events).toEqual(stream.events);
    expect(await redisOf.ask((client) => client.ttl(key))).toBeGreaterThan(0);
  });

  it('comes whole, without gap or repeat, although Redis dies under way', async () => {
    model.next(textReply(words(80), { delayMs: 20 }));
    const stream = await ask();
    await stream.until((events) => deltas(events) >= 3);
    const second = await resume(stream.runId, 0);
    await second.until((events) => deltas(events) >= 20);
    await redis.kill!();
    await Promise.all([stream.end(), second.end()]);
    expect(second.events).toEqual(stream.events);
    const ready = await eventually(async () => {
      const answer = await pods[1]!.with().get('/health/ready');
      expect(answer.body).toMatchObject({ status: 'degraded', checks: { redis: { answers: false, degraded: true } } });
      return answer;
    });
    expect(ready.status).toBe(200);
  });
});
