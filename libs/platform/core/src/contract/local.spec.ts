import { AppError } from '../errors/app-error.js';
import { contract } from './contract.js';
import { bindLocal } from './local.js';

abstract class Shop {
  abstract price(ask: { item: string }): Promise<unknown>;
  abstract list(ask: { to: number }): AsyncIterable<unknown>;
}

const shopContract = contract<Shop>('shop', Shop, { price: { kind: 'query', deadlineMs: 40 }, list: 'stream' });

class Service extends Shop {
  answer: (item: string) => Promise<unknown> = (item) => Promise.resolve({ item });

  price({ item }: { item: string }): Promise<unknown> {
    return this.answer(item);
  }

  async *list({ to }: { to: number }): AsyncIterable<unknown> {
    for (let at = 0; at < to; at++) yield { at };
  }
}

describe.each([true, false])('a contract in one process, strict: %s', (strict) => {
  const service = new Service();
  const shop = bindLocal(shopContract, service, strict);

  async function thrownBy(answer: () => Promise<unknown>): Promise<unknown> {
    service.answer = answer;
    return shop.price({ item: 'tea' }).catch((error: unknown) => error);
  }

  it('answers, streams, and fails as the service does', async () => {
    await expect(shop.price({ item: 'tea' })).resolves.toEqual({ item: 'tea' });
    const parts: unknown[] = [];
    for await (const part of shop.list({ to: 3 })) parts.push(part);
    expect(parts).toEqual([{ at: 0 }, { at: 1 }, { at: 2 }]);
    const failure = { code: 'conflict', reason: 'shop.sold', message: 'Sold.', details: { left: 0 } };
    const sold = new AppError('conflict', 'shop.sold', 'Sold.', { left: 0 });
    expect(await thrownBy(() => Promise.reject(sold))).toMatchObject(failure);
    expect(await thrownBy(() => { throw sold; })).toMatchObject(failure);
  });

  it('gives up at the deadline', async () => {
    const message = expect.stringContaining('shop.price did not answer within 40 ms') as string;
    expect(await thrownBy(() => new Promise(() => undefined))).toMatchObject({ code: 'deadline', message });
  });

  it('refuses what would not survive the wire where it is strict', async () => {
    service.answer = () => Promise.resolve({ at: new Date(0) });
    if (strict) await expect(shop.price({ item: 'tea' })).rejects.toMatchObject({ reason: 'kernel.not-plain' });
    else await expect(shop.price({ item: 'tea' })).resolves.toEqual({ at: new Date(0) });
  });
});
