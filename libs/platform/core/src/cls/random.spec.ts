import { newTraceparent } from './flow.js';
import { isId, newId } from './ids.js';
import { randomHex } from './random.js';

describe('random bytes of ids', () => {
  it('are never given out twice, over many refills of the pool', () => {
    const seen = new Set(Array.from({ length: 20_000 }, () => randomHex(8)));
    expect(seen.size).toBe(20_000);
  });

  it('make valid, ordered ids and traceparents', () => {
    const ids = Array.from({ length: 5_000 }, () => newId());
    expect(ids.every(isId)).toBe(true);
    expect([...ids].sort()).toEqual(ids);
    expect(newTraceparent()).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });
});
