import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { Redis } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import { AppError } from '#platform/core';
import { eventually, startRedis, type TestRedis } from '#platform/testing';
import { listenWith, rpcClient, rpcServer } from '../../test/rpc.fixture.js';
import { callStream } from './call-message.js';

const heard: unknown[] = [];

@Controller()
class PlainController {
  @MessagePattern('echo.plain')
  double(@Payload() { at }: { at: number }): number {
    if (at < 0) throw new AppError('invalid', 'echo.negative', 'Less than nothing.');
    return at * 2;
  }

  @EventPattern('echo.happened')
  happened(@Payload() fact: unknown): void {
    heard.push(fact);
  }
}

describe('the transport, as Nest knows transports', () => {
  let redis: TestRedis;
  const opened: { close(): unknown }[] = [];
  const connect = (): Redis => new Redis(redis.url, { maxRetriesPerRequest: 1, disconnectTimeout: 100 });

  beforeAll(async () => {
    redis = await startRedis();
  });

  afterAll(async () => {
    for (const one of opened) await one.close();
    await redis.close();
  });

  it('has patterns, send, emit, a status, and the events of its connections', async () => {
    const [first, second] = [rpcServer(['echo'], { connect }), rpcServer(['echo'], { connect })];
    const states: string[] = [];
    first.status.subscribe((state) => states.push(state));
    first.on('ready', (side) => states.push(side));
    expect(() => first.unwrap()).toThrow('Redis is not connected yet');
    for (const strategy of [first, second]) opened.push(await listenWith(strategy, [], [PlainController]));
    expect(states.toSorted()).toEqual(['connected', 'pub', 'sub']);
    expect(first.unwrap<Redis[]>().map(({ status }) => status)).toEqual(['ready', 'ready']);
    const client = rpcClient({ connect });
    opened.push(client);
    await expect(firstValueFrom(client.send('echo.plain', { at: 4 }))).resolves.toBe(8);
    const negative = firstValueFrom(client.send('echo.plain', { at: -1 }));
    await expect(negative).rejects.toMatchObject({ code: 'internal', reason: 'kernel.internal' });
    await firstValueFrom(client.emit('echo.happened', { at: 1 }), { defaultValue: null });
    await eventually(async () => expect([heard, await first.unwrap<Redis[]>()[0]!.xlen(callStream('echo'))]).toEqual([[{ at: 1 }], 0]));
  });
});
