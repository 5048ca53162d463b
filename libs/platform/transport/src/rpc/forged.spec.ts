import { Redis } from 'ioredis';
import { contract, runAs } from '#platform/core';
import { eventually, startRedis, type TestRedis } from '#platform/testing';
import { listenWith, rpcClient, rpcServer, secrets, tenant } from '../../test/rpc.fixture.js';
import { callStream, controlChannel, replyChannel } from './call-message.js';
import { EnvelopeDeserializer, EnvelopeSerializer } from './envelope.js';
import { remoteClient } from './remote-client.js';

abstract class Echo {
  abstract say(ask: Record<string, never>): Promise<number>;
  abstract change(ask: Record<string, never>): Promise<number>;
}

const echoContract = contract<Echo>('echo', Echo, {
  say: { kind: 'query', deadlineMs: 3_000 },
  change: { kind: 'command', deadlineMs: 3_000 },
});

/** Whoever can read and write Redis sees signed messages go by, and can send them again or elsewhere. */
describe('what somebody else puts into Redis', () => {
  let redis: TestRedis;
  let admin: Redis;
  let echo: Echo;
  let handled = 0;
  const calls: string[][] = [];
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    const connect = (): Redis => new Redis(redis.url, { maxRetriesPerRequest: 1, disconnectTimeout: 100 });
    const count = async (): Promise<number> => ++handled;
    const server = await listenWith(rpcServer(['echo'], { connect }), [[echoContract as never, { say: count, change: count }]]);
    const client = rpcClient({ connect });
    const monitor = await new Redis(redis.url).monitor();
    monitor.on('monitor', (_time: string, args: string[]) => void (args[0]?.toUpperCase() === 'XADD' && calls.push(args)));
    admin = connect();
    closing.push(() => server.close(), () => client.close(), () => monitor.disconnect(), () => admin.disconnect());
    echo = remoteClient(echoContract, client);
  });
  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
    await redis?.close();
  });
  beforeEach(() => {
    handled = 0;
    calls.length = 0;
  });

  const taken = (): Promise<void> => eventually(async () => expect(await admin.xlen(callStream('echo'))).toBe(0));

  async function callAndRepeat(call: 'say' | 'change'): Promise<number> {
    await runAs(tenant, () => echo[call]({}));
    await eventually(() => expect(calls).toHaveLength(1));
    const [command, ...args] = calls[0]!;
    await admin.call(command!, ...args);
    await taken();
    for (const key of await admin.keys('atoll:call:*')) await admin.del(key);
    await admin.call(command!, ...args);
    await taken();
    return handled;
  }

  it('is no second command, also after the note that it was done was removed', async () => {
    expect(await callAndRepeat('change')).toBe(1);
  });

  it('may be a query again: that changes nothing', async () => {
    expect(await callAndRepeat('say')).toBe(3);
  });

  it('is believed only where it was signed for', async () => {
    const signed = (channel: string, message: object): string => new EnvelopeSerializer(secrets, 10_000).serialize(message, { channel });
    const call = { id: 'a', call: 'echo.change', version: 1, input: null, scope: tenant, requestId: 'r', traceparent: '00-0-0-00',
      time: Date.now(), deadline: Date.now() + 5_000 };
    for (const channel of [callStream('clock'), replyChannel('a'), controlChannel('a'), '']) {
      await admin.xadd(callStream('echo'), '*', 'm', signed(channel, call));
    }
    await taken();
    expect(handled).toBe(0);
    await admin.xadd(callStream('echo'), '*', 'm', signed(callStream('echo'), call));
    await eventually(() => expect(handled).toBe(1));
    const [reader, own] = [new EnvelopeDeserializer(secrets), replyChannel('own')];
    for (const channel of [replyChannel('other'), controlChannel('own'), callStream('own')]) {
      expect(reader.deserialize(signed(channel, ['{}']), { channel: own })).toBeUndefined();
    }
    expect(reader.deserialize(signed(own, ['{}']), { channel: own })).toEqual([{}]);
  });
});
