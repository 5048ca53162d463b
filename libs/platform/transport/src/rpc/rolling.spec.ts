import { contract, type Contract, current, runAs } from '#platform/core';
import { startRedis, type TestRedis } from '#platform/testing';
import { type Hosted, openRpcPod, type RpcPod, tenant } from '../../test/rpc.fixture.js';

/** What the version before knew, and what this one changed: `price` took an amount, now it takes a basket. */
abstract class Before {
  abstract greet(ask: { name: string }): Promise<{ text: string }>;
  abstract price(ask: { amount: number }): Promise<number>;
}

abstract class Now {
  abstract greet(ask: { name: string; formal?: boolean }): Promise<{ text: string; language: string }>;
  abstract price(ask: { basket: number[] } | { amount: number }): Promise<number>;
  abstract close(ask: Record<string, never>): Promise<string>;
}

const before = contract<Before>('shop', Before, { greet: 'query', price: 'command' });
const price = { kind: 'command' as const, deadlineMs: 5_000, version: 2, answers: [1] };
const now = contract<Now>('shop', Now, { greet: 'query', price, close: 'query' });

const old: Before = { greet: ({ name }) => Promise.resolve({ text: `Hi ${name}` }), price: ({ amount }) => Promise.resolve(amount * 2) };
const young: Now = {
  greet: ({ name, formal }) => {
    const text = `${formal ? 'Good day' : 'Hi'} ${name}`;
    return Promise.resolve({ text, language: `en of ${current().tenantId.slice(0, 8)}` });
  },
  price: (ask) => Promise.resolve('amount' in ask ? ask.amount * 2 : ask.basket.reduce((sum, one) => sum + one * 2, 0)),
  close: () => Promise.resolve('closed'),
};

describe('while a release is rolled, calls', () => {
  let redis: TestRedis;
  const open: RpcPod[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });

  afterEach(async () => {
    for (const pod of open.splice(0)) await pod.close();
  });

  afterAll(() => redis.close());

  async function pod(hosted: Hosted[], elsewhere: Contract<never>[]): Promise<RpcPod> {
    const opened = await openRpcPod(redis, hosted, elsewhere);
    open.push(opened);
    return opened;
  }

  const host = (one: Contract<never>, target: object): Promise<RpcPod> => pod([[one, target]], []);
  const callerOf = async <T extends object>(one: Contract<T>): Promise<T> => (await pod([], [one as never])).remote(one);
  const asked = <T>(work: () => Promise<T>): Promise<T | string> => runAs(tenant, work).catch((error: { reason: string }) => error.reason);

  it('of the version before are answered by the next one, which may say more than they know', async () => {
    await host(now as never, young);
    const caller = await callerOf(before);
    expect(await asked(() => caller.greet({ name: 'Ada' }))).toMatchObject({ text: 'Hi Ada' });
    expect(await asked(() => caller.price({ amount: 3 }))).toBe(6);
  });

  it('of the next one: what is new is ignored by the version before, what it could not read is refused by code, at once', async () => {
    await host(before as never, old);
    const caller = await callerOf(now);
    expect(await asked(() => caller.greet({ name: 'Ada', formal: true }))).toEqual({ text: 'Hi Ada' });
    const from = performance.now();
    const message = expect.stringMatching(/asked for as version 2, and the running process answers 1\. Nothing was done/) as string;
    const refusal = { code: 'unavailable', reason: 'kernel.unknown-version', message };
    await expect(runAs(tenant, () => caller.price({ basket: [1, 2] }))).rejects.toMatchObject(refusal);
    await expect(runAs(tenant, () => caller.close({}))).rejects.toMatchObject({ code: 'unavailable', reason: 'kernel.unknown-call' });
    expect(performance.now() - from).toBeLessThan(2_000);
  });

  it('find either version beside the other, and an old replica does not count as a dead one', async () => {
    await host(before as never, old);
    await host(now as never, young);
    const [of, next] = [await callerOf(before), await callerOf(now)];
    const [greeted, priced, anew] = await Promise.all([
      Promise.all(Array.from({ length: 40 }, () => asked(() => of.greet({ name: 'Ada' })))),
      Promise.all(Array.from({ length: 40 }, () => asked(() => of.price({ amount: 1 })))),
      Promise.all(Array.from({ length: 40 }, () => asked(() => next.price({ basket: [1] })))),
    ]);
    expect(greeted.filter((one) => typeof one === 'string')).toEqual([]);
    expect(new Set(priced)).toEqual(new Set([2]));
    expect([...new Set(anew)].filter((one) => one !== 2 && one !== 'kernel.unknown-version')).toEqual([]);
    expect(anew).toContain(2);
  });
});
