import { jest } from '@jest/globals';
import { current, currentFlow, newId } from '#platform/core';
import { Canary } from './canary.js';
import { asTenant, userOf } from './as-tenant.js';
import { eventually } from './eventually.js';
import { proof } from './proof.js';

describe('eventually', () => {
  it('returns what the assertion returned as soon as it holds', async () => {
    let calls = 0;
    expect(await eventually(() => { if (++calls < 3) throw new Error('not yet'); return calls; }, { everyMs: 1 })).toBe(3);
  });

  it('throws the last failure when time is up', async () => {
    let calls = 0;
    await expect(eventually(() => { throw new Error(`failure ${++calls}`); }, { timeoutMs: 30, everyMs: 5 })).rejects.toThrow(/failure \d/);
    expect(calls).toBeGreaterThan(1);
  });
});

describe('asTenant', () => {
  it('is a user of the tenant, always the same one, who may do everything', () => {
    const [ours, theirs] = [newId(), newId()];
    const scope = asTenant(ours, current);
    expect(scope).toMatchObject({ tenantId: ours, actor: { kind: 'user', id: userOf(ours), permissions: ['*'] } });
    expect(asTenant(ours, current)).toEqual(scope);
    expect(userOf(theirs)).not.toBe(userOf(ours));
    expect(currentFlow()?.scope).toBeUndefined();
  });

  it('is whoever the test says', () => {
    expect(asTenant(newId(), current, { kind: 'key', permissions: ['search.files.read'] }).actor)
      .toMatchObject({ kind: 'key', permissions: ['search.files.read'] });
  });
});

describe('Canary', () => {
  const canary = new Canary();

  it.each([
    ['text', `a ${canary.word} b`],
    ['a nested value', { rows: [{ text: canary.word }] }],
    ['a buffer', Buffer.from(`x${canary.word}`)],
    ['a cursor', { next: Buffer.from(JSON.stringify([1, canary.word])).toString('base64url') }],
  ])('is found in %s', (_where, seen) => {
    expect(canary.isIn(seen)).toBe(true);
    expect(() => canary.assertAbsent('nothing', seen)).toThrow(/value 2 of 2/);
  });

  it('is not found where it is not, nor is another one', () => {
    canary.assertAbsent('', undefined, null, { rows: [new Canary().word] }, Buffer.alloc(64));
  });
});

it('proof gives the long numbers only when proving', () => {
  const before = process.env.ATOLL_PROVE;
  jest.replaceProperty(process, 'env', { ...process.env, ATOLL_PROVE: '' });
  expect(proof(1, 2)).toBe(1);
  process.env.ATOLL_PROVE = '1';
  expect(proof(1, 2)).toBe(2);
  jest.restoreAllMocks();
  expect(process.env.ATOLL_PROVE).toBe(before);
});
