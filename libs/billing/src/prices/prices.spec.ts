import { costMicros, priceOf, toMinor } from './prices.js';

const none = { currency: 'USD', models: {} };

describe('prices', () => {
  it('prices a dated name like its family, by the longest name', () => {
    expect(priceOf('gpt-4o-2024-08-06', none).outputPerMillion).toBe(10_000_000);
    expect(priceOf('gpt-4o-mini-2024-07-18', none).outputPerMillion).toBe(600_000);
  });

  it('prices an unknown model like the dearest, so that it cannot pass a budget unseen', () => {
    expect(priceOf('mystery-9', none).outputPerMillion).toBe(75_000_000);
  });

  it('does not bill the offline model', () => {
    expect(costMicros(priceOf('atoll-offline', none), { inputTokens: 5000, outputTokens: 900 })).toBe(0);
  });

  it('prices embedders, whatever the length of their vectors, and not the built-in one', () => {
    expect(priceOf('text-embedding-3-small@256', none)).toMatchObject({ model: 'text-embedding-3-small@256', inputPerMillion: 20_000 });
    expect(priceOf('offline-1', none).inputPerMillion).toBe(0);
  });

  it('lets the deployment override and add prices', () => {
    const own = { currency: 'EUR', models: { 'gpt-4o': [1, 1, 1] as const, 'house-model': [7_000_000, 0, 9_000_000] as const } };
    expect(priceOf('gpt-4o', own)).toMatchObject({ currency: 'EUR', inputPerMillion: 1 });
    expect(priceOf('house-model', own).outputPerMillion).toBe(9_000_000);
  });

  it('counts cached input at its own price and rounds up once', () => {
    const price = priceOf('gpt-4o-mini', none);
    expect(costMicros(price, { inputTokens: 1000, cachedTokens: 400, outputTokens: 10 })).toBe(600 * 0.15 + 400 * 0.075 + 10 * 0.6);
    expect(costMicros(price, { inputTokens: 1, outputTokens: 0 })).toBe(1);
  });

  it('shows cents', () => {
    expect(toMinor(14_999)).toBe(1);
    expect(toMinor(15_000)).toBe(2);
  });
});
