import { Redis } from 'ioredis';
import { AppError, contract, runAs, span, startTracing } from '#platform/core';
import { eventually, OtlpCollector, startRedis, type TestRedis } from '#platform/testing';
import { listenWith, rpcClient, rpcServer, tenant } from '../../test/rpc.fixture.js';
import { remoteClient } from './remote-client.js';

abstract class Counter {
  abstract count(ask: { to: number }): AsyncIterable<number>;
}

const counterContract = contract<Counter>('counter', Counter, { count: { kind: 'stream', deadlineMs: 3_000 } });

/** Counts up to `to`; breaks at 10 where that would be the last but one. */
class Counting extends Counter {
  async *count({ to }: { to: number }): AsyncIterable<number> {
    for (let at = 0; at < to; at++) {
      if (at === 10 && to === 11) throw new AppError('unavailable', 'counter.broke', 'The counter broke at 10.');
      yield await span('counter.step', {}, () => Promise.resolve(at));
    }
  }
}

describe('streams between processes', () => {
  let redis: TestRedis;
  let collector: OtlpCollector;
  let counter: Counter;
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    [redis, collector] = await Promise.all([startRedis(), OtlpCollector.start()]);
    process.env['OTEL_BSP_SCHEDULE_DELAY'] = '20';
    closing.push(await startTracing({ otlpEndpoint: collector.url, serviceName: 'spec' } as never));
    const connect = (): Redis => new Redis(redis.url, { maxRetriesPerRequest: 1, disconnectTimeout: 100 });
    const server = await listenWith(rpcServer(['counter'], { connect }), [[counterContract as never, new Counting()]]);
    const client = rpcClient({ connect });
    closing.push(() => server.close(), () => client.close());
    counter = remoteClient(counterContract, client);
  });

  afterAll(async () => {
    delete process.env['OTEL_BSP_SCHEDULE_DELAY'];
    for (const close of closing.toReversed()) await close();
    collector.close();
    await redis.close();
  });

  beforeEach(() => void collector.spans.splice(0));

  async function read(to: number, leaveAt = Infinity): Promise<number> {
    return runAs(tenant, () => span('reader', {}, async () => {
      let read = 0;
      for await (const part of counter.count({ to })) {
        read += 1;
        if (part === leaveAt) break;
      }
      return read;
    }));
  }

  it('have a span on either side, around what makes the parts, that ends with them', async () => {
    expect(await read(3)).toBe(3);
    await eventually(() => expect(collector.spans).toHaveLength(6));
    const [reader, call, serve] = ['reader', 'call counter.count', 'serve counter.count'].map((name) => collector.named(name));
    expect([call!.parentSpanId, serve!.parentSpanId]).toEqual([reader!.spanId, call!.spanId]);
    expect([call!.kind, serve!.kind]).toEqual([3, 2]);
    expect(collector.hops(reader!.traceId).sort()).toEqual(['call counter.count', 'serve counter.count']);
    expect(collector.shape(reader!.traceId)).toEqual(['reader', ...Array<string>(3).fill('reader > counter.step')]);
    for (const side of ['call', 'serve']) {
      expect(collector.attributes(`${side} counter.count`)).toEqual({ 'atoll.items': 3, 'atoll.ended': 'complete' });
    }
  });

  it('are marked as failed on both sides, with the parts that came', async () => {
    await expect(read(11)).rejects.toMatchObject({ reason: 'counter.broke' });
    await eventually(() => collector.named('call counter.count') && collector.named('serve counter.count'));
    for (const side of ['call counter.count', 'serve counter.count']) {
      expect(collector.named(side).status.code).toBe(2);
      expect(collector.attributes(side)).toMatchObject({ 'atoll.items': 10, 'atoll.ended': 'failed', 'error.type': 'counter.broke' });
    }
  });

  it('end on both sides when the reader leaves, and that is no failure', async () => {
    expect(await read(1_000_000, 4)).toBe(5);
    await eventually(() => collector.named('call counter.count') && collector.named('serve counter.count'));
    for (const side of ['call counter.count', 'serve counter.count']) {
      expect(collector.named(side).status.code ?? 0).toBe(0);
      expect(collector.attributes(side)).toMatchObject({ 'atoll.ended': 'left' });
    }
    expect(collector.attributes('call counter.count')['atoll.items']).toBe(5);
  });
});
