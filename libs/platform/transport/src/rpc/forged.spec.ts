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
  let recorder: Redis;
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    const connect = (): Redis => new Redis(redis.url, { maxRetriesPerRequest: 1, disconnectTimeout: 100 });
    const count = async (): Promise<number> => ++handled;
    const server = await listenWith(rpcServer(['echo'], { connect }), [[echoContract as never, { say: count, change: count }]]);
    const client = rpcClient({ connect });
    [admin, recorder] = [connect(), connect()];
    closing.push(() => server.close(), () => client.close(), () => recorder.disconnect(), () => admin.disconnect());
    echo = remoteClient(echoContract, client);
  });
  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
    await redis?.close();
  });
  beforeEach(() => void (handled = 0));

  const taken = (): Promise<void> => eventually(async () => expect(await admin.xlen(callStream('echo'))).toBe(0));

  async function callAndRepeat(call: 'say' | 'change'): Promise<number> {
    const key = callStream('echo');
    const recorded = recorder.xread('BLOCK', 10_000, 'STREAMS', key, '$');
    await runAs(tenant, () => echo[call]({}));
    const [[, [[, fields]]]] = (await recorded) as [[string, [[string, string[]]]]];
    await admin.xadd(key, '*', ...fields);
    await taken();
    for (const note of await admin.keys('atoll:call:*')) await admin.del(note);
    await admin.xadd(key, '*', ...fields);
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
