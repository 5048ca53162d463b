import { Redis } from 'ioredis';
import { ClientProxyFactory, ServerRedis, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { AppError, contract, current, runAs, runInFlow, Secrets } from '#platform/core';
import { eventually, startRedis, type TestRedis } from '#platform/testing';
import { type EndOptions, type Hosted, listenWith, rpcClient, rpcServer, tenant } from '../../test/rpc.fixture.js';
import { callStream } from './call-message.js';
import { WINDOW } from './flow-control.js';
import type { RedisStreamsClient } from './redis-streams.client.js';
import { remoteClient } from './remote-client.js';

abstract class Echo {
  abstract say(ask: { text: string }): Promise<{ text: string; tenantId: string; by: string }>;
  abstract refuse(ask: Record<string, never>): Promise<void>;
  abstract slow(ask: { ms: number }): Promise<string>;
  abstract count(ask: { to: number }): AsyncIterable<number>;
}

const echoContract = contract<Echo>('echo', Echo, {
  say: { kind: 'query', deadlineMs: 3_000 },
  refuse: 'query',
  slow: { kind: 'command', deadlineMs: 300 },
  count: { kind: 'stream', deadlineMs: 3_000 },
});

abstract class Clock {
  abstract tell(ask: { zone: string }): Promise<string>;
}

const clockContract = contract<Clock>('clock', Clock, { tell: { kind: 'query', deadlineMs: 3_000 } });

describe('calls between processes', () => {
  let redis: TestRedis;
  const opened: { close(): unknown }[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });

  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
    const admin = new Redis(redis.url);
    await admin.flushall();
    admin.disconnect();
  });

  afterAll(() => redis.close());

  const connect = (): Redis => new Redis(redis.url, { maxRetriesPerRequest: 1, disconnectTimeout: 100 });

  /** What answers for `echo`, and a way to end it as kill -9 does: connections gone, claims standing. */
  async function replica(echo: Partial<Echo>): Promise<{ kill(): void }> {
    const strategy = rpcServer(['echo'], { connect });
    const server = await listenWith(strategy, [hostedEcho(echo)]);
    opened.push(server);
    return {
      kill: () => {
        opened.splice(opened.indexOf(server), 1);
        server.unwrap<[Redis, Redis]>()[0].disconnect();
        void server.close();
      },
    };
  }

  function clientOf(options: Partial<EndOptions> = {}): RedisStreamsClient {
    const client = rpcClient({ connect, ...options });
    opened.push(client);
    return client;
  }

  const caller = (options: Partial<EndOptions> = {}): Echo => remoteClient(echoContract, clientOf(options));

  it('lets exactly one of three replicas handle each call, under the caller\'s tenant', async () => {
    const handled = [0, 0, 0];
    for (const at of [0, 1, 2]) {
      await replica({
        // Long enough that one replica alone has no room for all of them.
        say: async ({ text }) => {
          handled[at]! += 1;
          await new Promise((resolve) => setTimeout(resolve, 30));
          return { text, tenantId: current().tenantId, by: String(at) };
        },
      });
    }
    const echo = caller();
    const answers = await runAs(tenant, () => Promise.all(Array.from({ length: 300 }, (_, at) => echo.say({ text: `call ${at}` }))));
    expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 300 }, (_, at) => `call ${at}`));
    expect(new Set(answers.map(({ tenantId }) => tenantId))).toEqual(new Set([tenant.tenantId]));
    expect(handled[0]! + handled[1]! + handled[2]!).toBe(300);
    expect(Math.min(...handled)).toBeGreaterThan(0);
  });

  it('differs from the stock transport, where every replica handles every call', async () => {
    let handled = 0;
    const url = new URL(redis.url);
    const options = { host: url.hostname, port: Number(url.port) };
    for (let at = 0; at < 3; at++) {
      const server = new ServerRedis(options);
      server.addHandler('say', async () => Promise.resolve(++handled));
      await new Promise<void>((resolve) => server.listen(() => resolve()));
      opened.push(server);
    }
    const client = ClientProxyFactory.create({ transport: Transport.REDIS, options });
    opened.push(client);
    await firstValueFrom(client.send('say', {}));
    await eventually(() => expect(handled).toBe(3));
  });

  it('answers at once what was asked of two of its contexts in the same millisecond', async () => {
    const soon = async <T>(answer: T): Promise<T> => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return answer;
    };
    const hosted: Hosted[] = [
      hostedEcho({ say: ({ text }) => soon({ text, tenantId: '', by: '' }) }),
      [clockContract as never, { tell: ({ zone }: { zone: string }) => soon(zone) }],
    ];
    opened.push(await listenWith(rpcServer(['echo', 'clock'], { connect, concurrency: 500, claimIdleMs: 5_000 }), hosted));
    const client = clientOf();
    const echo = remoteClient(echoContract, client);
    const clock = remoteClient(clockContract, client);
    const from = performance.now();
    await runAs(tenant, () => Promise.all(Array.from({ length: 100 }, () => [echo.say({ text: '' }), clock.tell({ zone: 'UTC' })]).flat()));
    // One that is passed over is asked again after half its deadline.
    expect(performance.now() - from).toBeLessThan(1_000);
  });

  it('throws what the context threw, by code and reason', async () => {
    await replica({ refuse: () => Promise.reject(new AppError('payment-required', 'echo.broke', 'No money left.', { limit: 5 })) });
    const refused = runAs(tenant, () => caller().refuse({}));
    const broke = { code: 'payment-required', reason: 'echo.broke', message: 'No money left.', details: { limit: 5 } };
    await expect(refused).rejects.toMatchObject(broke);
  });

  it('streams every part once and in order, and a slow reader slows the source down', async () => {
    let pulled = 0;
    await replica({ async *count({ to }) { for (let at = 0; at < to; at++) { pulled += 1; yield at; } } });
    const seen: number[] = [];
    let furthest = 0;
    await runAs(tenant, async () => {
      for await (const part of caller().count({ to: 3_000 })) {
        if (seen.length % 200 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        seen.push(part);
        furthest = Math.max(furthest, pulled - seen.length);
      }
    });
    expect(seen).toEqual(Array.from({ length: 3_000 }, (_, at) => at));
    expect(furthest).toBeLessThanOrEqual(WINDOW + 1);
  });

  it('stops the source when the reader leaves', async () => {
    let stopped = false;
    await replica({
      async *count() {
        try {
          for (let at = 0; ; at++) {
            await new Promise((resolve) => setTimeout(resolve, 1));
            yield at;
          }
        } finally {
          stopped = true;
        }
      },
    });
    await runAs(tenant, async () => {
      for await (const part of caller().count({ to: Infinity as never })) if (part > 20) break;
    });
    await eventually(() => expect(stopped).toBe(true));
  });

  it('moves the call of a replica that died to another one', async () => {
    const dead = await replica({ say: () => new Promise(() => undefined) });
    const answer = runAs(tenant, () => caller().say({ text: 'still there?' }));
    await eventually(async () => expect(await pending()).toBe(1));
    dead.kill();
    await replica({ say: ({ text }) => Promise.resolve({ text, tenantId: current().tenantId, by: 'the other' }) });
    await expect(answer).resolves.toMatchObject({ text: 'still there?', by: 'the other' });
  });

  it('drops what this deployment did not sign', async () => {
    let handled = 0;
    await replica({ say: () => { handled += 1; return Promise.resolve({ text: '', tenantId: '', by: '' }); } });
    const forger = new Secrets('another root secret, also long enough');
    const forged = runAs(tenant, () => caller({ secrets: forger }).slow({ ms: 0 }));
    await expect(forged).rejects.toMatchObject({ code: 'deadline' });
    expect(handled).toBe(0);
    await eventually(async () => expect(await length()).toBe(0));
  });

  it('refuses a call without a tenant', async () => {
    await replica({ say: () => Promise.resolve({ text: '', tenantId: '', by: '' }) });
    const asked = runInFlow({ requestId: 'r', traceparent: '00-0-0-00' }, () => caller().say({ text: '' }));
    await expect(asked).rejects.toMatchObject({ reason: 'kernel.call-without-tenant' });
  });

  it('gives up at the deadline, and stops asking a context that never answers', async () => {
    const echo = caller();
    const ask = (): Promise<string> => runAs(tenant, () => echo.slow({ ms: 0 }));
    for (let at = 0; at < 5; at++) await expect(ask()).rejects.toMatchObject({ code: 'deadline' });
    await expect(ask()).rejects.toMatchObject({ code: 'unavailable', reason: 'kernel.context-unavailable' });
  });

  it('closes although Redis is away', async () => {
    const mortal = await startRedis();
    const mortally = (): Redis => new Redis(mortal.url, { disconnectTimeout: 100 }).on('error', () => undefined);
    const server = await listenWith(rpcServer(['echo'], { connect: mortally, concurrency: 1, limit: 1_000 }), []);
    await mortal.kill!();
    await new Promise((resolve) => setTimeout(resolve, 700));
    const from = performance.now();
    await server.close();
    expect(performance.now() - from).toBeLessThan(3_000);
    await mortal.close();
  });

  it('reaches a Redis that was away at the first call', async () => {
    const mortal = await startRedis();
    const port = Number(new URL(mortal.url).port);
    await mortal.kill!();
    const toMortal = (): Redis => new Redis(mortal.url, { maxRetriesPerRequest: 1, disconnectTimeout: 100 }).on('error', () => undefined);
    const echo = caller({ connect: toMortal });
    const away = { code: 'unavailable', reason: 'kernel.redis-unavailable' };
    await expect(runAs(tenant, () => echo.say({ text: '' }))).rejects.toMatchObject(away);
    const again = await startRedis({ port });
    const strategy = rpcServer(['echo'], { connect: toMortal, concurrency: 1, limit: 1_000 });
    const server = await listenWith(strategy, [hostedEcho({ say: ({ text }) => Promise.resolve({ text, tenantId: '', by: '' }) })]);
    await expect(runAs(tenant, () => echo.say({ text: 'back' }))).resolves.toMatchObject({ text: 'back' });
    await server.close();
    await again.close();
    await mortal.close();
  });

  it('starts to listen while Redis is away, and answers once it is there', async () => {
    const mortal = await startRedis();
    const port = Number(new URL(mortal.url).port);
    await mortal.kill!();
    const patient = (): Redis => new Redis(mortal.url, { maxRetriesPerRequest: null, disconnectTimeout: 100 }).on('error', () => undefined);
    const strategy = rpcServer(['echo'], { connect: patient, concurrency: 1, limit: 1_000 });
    const server = await listenWith(strategy, [hostedEcho({ say: ({ text }) => Promise.resolve({ text, tenantId: '', by: '' }) })]);
    const again = await startRedis({ port });
    const echo = caller({ connect: patient });
    await expect(runAs(tenant, () => echo.say({ text: 'here now' }))).resolves.toMatchObject({ text: 'here now' });
    await server.close();
    await again.close();
    await mortal.close();
  });

  it('answers what is longer than may be sent with an error, and the call beside it', async () => {
    await replica({ say: ({ text }) => Promise.resolve({ text: text === 'long' ? 'x'.repeat(1_100_000) : text, tenantId: '', by: '' }) });
    const echo = caller();
    const [long, short] = await runAs(tenant, () => Promise.allSettled([echo.say({ text: 'long' }), echo.say({ text: 'short' })]));
    expect(long).toMatchObject({ status: 'rejected', reason: { code: 'too-large' } });
    expect(short).toMatchObject({ status: 'fulfilled', value: { text: 'short' } });
  });

  it('answers many at once with more than fits into one message', async () => {
    await replica({ say: ({ text }) => Promise.resolve({ text: text.repeat(300_000), tenantId: '', by: '' }) });
    const echo = caller();
    const answers = await runAs(tenant, () => Promise.all([...'abcdefghij'].map((text) => echo.say({ text }))));
    expect(answers.map(({ text }) => text)).toEqual([...'abcdefghij'].map((text) => text.repeat(300_000)));
  });

  it('refuses a message over the limit before it is sent', async () => {
    await expect(runAs(tenant, () => caller({ limit: 100 }).say({ text: 'x'.repeat(200) }))).rejects.toMatchObject({ code: 'too-large' });
  });

  async function pending(): Promise<number> {
    const admin = new Redis(redis.url);
    const [count] = (await admin.xpending(callStream('echo'), 'echo')) as [number];
    admin.disconnect();
    return count;
  }

  async function length(): Promise<number> {
    const admin = new Redis(redis.url);
    const count = await admin.xlen(callStream('echo'));
    admin.disconnect();
    return count;
  }
});

/** All that a test does not expect fails it. */
function hostedEcho(echo: Partial<Echo>): Hosted {
  return [echoContract as never, { say: never, refuse: never, slow: never, count: never, ...echo }];
}

function never(): never {
  throw new Error('not expected in this test');
}
