import { setTimeout as sleep } from 'node:timers/promises';
import { CircuitBreaker } from './circuit-breaker.js';
import { DeadlineQueue, settledWithin, withDeadline } from './deadline.js';
import { retrying } from './retrying.js';

const late = (): Error => new Error('late');
const never = new Promise<never>(() => undefined);

describe('a deadline', () => {
  it('gives what came in time, well or not, and its own error for what did not', async () => {
    await expect(withDeadline(sleep(5, 'there'), 1_000, late)).resolves.toBe('there');
    await expect(withDeadline(Promise.reject(new Error('broke')), 1_000, late)).rejects.toThrow('broke');
    await expect(withDeadline(never, 20, late)).rejects.toThrow('late');
  });

  it('lets an answer win that is there when a busy event loop comes to its timers', async () => {
    const answer = withDeadline(new Promise((resolve) => setImmediate(() => resolve('there'))), 5, late);
    for (const until = Date.now() + 30; Date.now() < until; );
    await expect(answer).resolves.toBe('there');
  });

  it('says whether something settled within it', async () => {
    await expect(settledWithin(Promise.reject(new Error('broke')), 1_000)).resolves.toBe(true);
    await expect(settledWithin(never, 20)).resolves.toBe(false);
  });
});

describe('one deadline for many calls', () => {
  const deadlines = new DeadlineQueue(80, late);

  it('fails each that is not answered in time, soon after, and none that is', async () => {
    const from = performance.now();
    const failed = Array.from({ length: 3 }, () => deadlines.race(never).catch(() => performance.now() - from));
    const slow = deadlines.race(sleep(60, 'slow'));
    const broken = deadlines.race(sleep(10).then(() => Promise.reject(new Error('broke'))));
    await sleep(40);
    const later = deadlines.race(never).catch(() => performance.now() - from);
    await expect(slow).resolves.toBe('slow');
    await expect(broken).rejects.toThrow('broke');
    for (const after of await Promise.all(failed)) expect(after).toBeGreaterThanOrEqual(79);
    expect(await later).toBeGreaterThanOrEqual(118);
  });

  it('starts anew after it had nothing to watch', async () => {
    await sleep(30);
    await expect(deadlines.race(never)).rejects.toThrow('late');
  });
});

describe('trying again', () => {
  it('stops with the first success, and tells of each failure before it', async () => {
    const told: string[] = [];
    const pauses: number[] = [];
    let tries = 0;
    const work = async (): Promise<number> => {
      tries += 1;
      if (tries < 3) throw new Error(`try ${tries}`);
      return tries;
    };
    const onRetry = (error: unknown): unknown => told.push((error as Error).message);
    const options = { attempts: 5, pauseMs: (attempt: number) => pauses.push(attempt), onRetry };
    await expect(retrying(options, work)).resolves.toBe(3);
    expect([told, pauses]).toEqual([['try 1', 'try 2'], [1, 2]]);
  });

  it('ends with the last error when the tries are used up, or when another one would not help', async () => {
    let tries = 0;
    const failing = (): Promise<never> => Promise.reject(new Error(`try ${++tries}`));
    await expect(retrying({ attempts: 3, pauseMs: () => 0 }, failing)).rejects.toThrow('try 3');
    await expect(retrying({ attempts: 3, pauseMs: () => 0, when: () => false }, failing)).rejects.toThrow('try 4');
  });
});

describe('a circuit breaker', () => {
  it('refuses after five failures in a row, for five seconds', () => {
    let now = 1_000;
    const circuit = new CircuitBreaker('search', () => now);
    for (let at = 0; at < 4; at++) circuit.failed();
    circuit.succeeded();
    for (let at = 0; at < 5; at++) {
      circuit.assertClosed();
      circuit.failed();
    }
    expect(() => circuit.assertClosed()).toThrow('search has not answered its last 5 calls');
    expect(circuit.open).toBe(true);
    now += 5_000;
    expect(() => circuit.assertClosed()).not.toThrow();
  });
});
