import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, configureLogging } from '#platform/core';
import { nextTick } from './schedules.js';
import { backoff } from './backoff.js';
import { LocalEmitter, defineLocalEvent } from '../outbox/local-emitter.js';
import type { Ack, Delivery } from '../outbox/outbox.store.js';
import { writeAcks } from './acks.js';
import { GroupSize } from './group-size.js';
import { throttle } from './throttle.js';

describe('backoff', () => {
  it('doubles up to an hour, give or take a fifth', () => {
    expect([1, 2, 3, 4].map((attempt) => backoff(attempt, 1000, () => 0.5))).toEqual([1000, 2000, 4000, 8000]);
    expect(backoff(1, 1000, () => 0)).toBeCloseTo(800);
    expect(backoff(1, 1000, () => 0.9999)).toBeCloseTo(1200, 0);
    expect(backoff(40, 1000, () => 0.5)).toBe(3_600_000);
  });
});

describe('nextTick', () => {
  const at = (pattern: string, timeZone: string, after: string): string =>
    nextTick({ name: 'a.b', cron: { pattern, timeZone } }, new Date(after)).toISOString();

  it('reads the pattern in its time zone, over the change of the clocks', () => {
    expect(at('5 0 1 * *', 'UTC', '2026-01-31T23:59:00Z')).toBe('2026-02-01T00:05:00.000Z');
    expect(at('0 8 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z')).toBe('2026-03-29T06:00:00.000Z');
    expect(at('0 8 * * *', 'Europe/Berlin', '2026-03-27T12:00:00Z')).toBe('2026-03-28T07:00:00.000Z');
  });

  it('tells which schedule cannot be read', () => {
    expect(() => at('every day', 'UTC', '2026-01-01T00:00:00Z')).toThrow(/@Cron\('a\.b', 'every day'\) is not a cron pattern/);
  });
});

describe('LocalEmitter', () => {
  const word = defineLocalEvent<{ n: number }>('spec.word');

  it('reaches whoever listens until they stop, whatever the others do', () => {
    configureLogging({ level: 'silent' });
    const emitter = new LocalEmitter();
    const heard: number[] = [];
    emitter.on(word, () => {
      throw new Error('a bad listener');
    });
    const stop = emitter.on(word, ({ n }) => heard.push(n));
    emitter.emit(word, { n: 1 });
    stop();
    emitter.emit(word, { n: 2 });
    emitter.emit(defineLocalEvent<number>('spec.unheard'), 3);
    expect(heard).toEqual([1]);
  });
});

describe('throttle', () => {
  it('writes the first value at once, and of those that follow the last', async () => {
    const written: number[] = [];
    const show = throttle<number>(30, async (value) => void written.push(value));
    for (const value of [1, 2, 3]) show(value);
    expect(written).toEqual([1]);
    await sleep(50);
    expect(written).toEqual([1, 3]);
    await sleep(50);
    show(4);
    expect(written).toEqual([1, 3, 4]);
  });
});

describe('GroupSize', () => {
  it('begins with one by one, grows with quick runs, and begins anew after a group that was undone or a slow run', () => {
    const size = new GroupSize();
    expect(size.most).toBe(1);
    for (let run = 0; run < 30; run++) size.took(1);
    expect(size.most).toBeGreaterThan(10);
    for (let run = 0; run < 30; run++) size.took(0);
    expect(size.most).toBe(32);
    size.took(2_000);
    expect(size.most).toBe(1);
    for (let run = 0; run < 30; run++) size.took(20);
    expect(size.most).toBe(12);
    size.undone();
    expect(size.most).toBe(1);
  });
});

describe('writeAcks', () => {
  const ack = (messageId: string): Ack => ({ delivery: { messageId } as Delivery, outcome: { kind: 'done' } });

  it('waits out a database that is away, and sets a bad outcome aside from the good ones', async () => {
    configureLogging({ level: 'silent' });
    const written: string[] = [];
    let away = true;
    const store = {
      settle: async (acks: Ack[]): Promise<void> => {
        if (away) {
          away = false;
          throw new AppError('unavailable', 'kernel.database-unavailable', 'away');
        }
        if (acks.some(({ delivery }) => delivery.messageId === 'bad')) throw new Error('cannot be stored');
        written.push(...acks.map(({ delivery }) => delivery.messageId));
      },
    };
    await writeAcks(store, ['1', 'bad', '2'].map(ack));
    expect(written).toEqual(['1', '2']);
  });
});
