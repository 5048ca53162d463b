import { hash } from '@node-rs/argon2';
import { HashingService } from './hashing.service.js';

const hashing = new HashingService();

describe('hashing of passwords', () => {
  it('knows the password again in any Unicode form, and no other', async () => {
    const stored = await hashing.hash('cafe\u0301 au lait');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await hashing.matches('café au lait', stored)).toBe(true);
    expect(await hashing.matches('cafe au lait', stored)).toBe(false);
  });

  it('takes every byte into account', async () => {
    const long = 'x'.repeat(1_000);
    expect(await hashing.matches(`${long}b`, await hashing.hash(`${long}a`))).toBe(false);
  });

  it('never matches a person who does not exist or has no password', async () => {
    expect(await hashing.matches('nobody has this password', null)).toBe(false);
    expect(await hashing.matches('nobody has this password', undefined)).toBe(false);
  });

  it('tells a hash of other cost', async () => {
    expect(hashing.outdated(await hashing.hash('correct horse'))).toBe(false);
    expect(hashing.outdated(await hash('correct horse', { memoryCost: 8_192, timeCost: 1, parallelism: 1 }))).toBe(true);
  });

  it('turns a flood away instead of queueing it, and recovers', async () => {
    const results = await Promise.allSettled(Array.from({ length: 80 }, () => hashing.matches('x', null)));
    const refused = results.filter((one) => one.status === 'rejected');
    expect(refused).toHaveLength(80 - 2 - 64);
    expect(refused[0]).toMatchObject({ reason: { reason: 'tenancy.sign-in-busy' } });
    expect(await hashing.matches('x', null)).toBe(false);
  });
});
