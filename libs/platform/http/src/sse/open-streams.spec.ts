import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { jest } from '@jest/globals';
import type { Connection } from './connection.js';
import { OpenStreams } from './open-streams.js';

/** A response as a connection uses it, that remembers what was written and can be made to look stuck. */
class FakeResponse extends EventEmitter {
  head = 0;
  writableLength = 0;
  destroyed = false;
  private written = '';

  writeHead(): void {
    this.head += 1;
  }

  flushHeaders(): void {}

  write(bytes: Buffer): void {
    this.written += bytes.toString();
  }

  end(text: string): void {
    this.written += text;
  }

  destroy(): void {
    this.destroyed = true;
  }

  /** What came since the last look. */
  get text(): string {
    const { written } = this;
    this.written = '';
    return written;
  }
}

function open(streams: OpenStreams): { raw: FakeResponse; connection: Connection } {
  const raw = new FakeResponse();
  const connection = streams.open({
    raw: raw as unknown as ServerResponse, headers: () => ({}), view: { resume: ({ reason }) => `resume ${reason}` },
    maxLagBytes: 1_000, renderError: () => 'error',
  });
  return { raw, connection };
}

describe('open streams', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
  afterEach(() => jest.useRealTimers());

  it('are never silent for more than 14 s', () => {
    const streams = new OpenStreams();
    const all = Array.from({ length: 20 }, () => open(streams));
    const quiet = all.map(() => 0);
    let longest = 0;
    for (let second = 1; second <= 100; second++) {
      jest.advanceTimersByTime(1_000);
      all.forEach(({ raw, connection }, at) => {
        if (second % 23 === at % 23) connection.push('data: x\n\n');
        quiet[at] = raw.text === '' ? quiet[at]! + 1 : 0;
        longest = Math.max(longest, quiet[at]);
      });
    }
    expect(longest).toBeLessThanOrEqual(14);
    expect(all.every(({ raw }) => raw.head === 1)).toBe(true);
  });

  it('are given up when the reader takes nothing for half a minute', () => {
    const streams = new OpenStreams();
    const { raw, connection } = open(streams);
    connection.push('data: x\n\n');
    raw.writableLength = 10;
    jest.advanceTimersByTime(28_000);
    expect(connection.open).toBe(true);
    jest.advanceTimersByTime(21_000);
    expect([connection.open, streams.size]).toEqual([false, 0]);
    expect(raw.text).toContain('resume slow-reader');
  });

  it('share one timer, which ends with the last of them', () => {
    const streams = new OpenStreams();
    const all = Array.from({ length: 50 }, () => open(streams));
    expect(jest.getTimerCount()).toBe(1);
    for (const { connection } of all) connection.end('data: end\n\n');
    expect(jest.getTimerCount()).toBe(0);
  });
});
