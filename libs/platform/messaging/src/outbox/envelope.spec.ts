import { current, currentFlow, newId, runAs, Secrets } from '#platform/core';
import { SYSTEM_TENANT, open, seal } from './envelope.js';

const secrets = new Secrets('a root secret of at least 32 characters');
const definition = { name: 'shop.sold', version: 2 };
const scope = { tenantId: newId(), actor: { kind: 'user' as const, id: newId(), roles: ['owner'], permissions: ['*'] } };
const sealed = runAs(scope, () => seal(secrets, newId(), definition, current(), { item: 'lamp' }), { causation: 'what came before' });

describe('the envelope', () => {
  it('carries tenant, actor, trace, cause and data', () => {
    const { opened, traceparent } = runAs(scope, () =>
      ({ traceparent: currentFlow()!.traceparent,
        opened: open(secrets, seal(secrets, newId(), definition, current(), { item: 'lamp' }), 'event') }));
    expect(opened).toMatchObject({ scope, traceparent, data: { item: 'lamp' }, time: expect.any(String) });
    expect(open(secrets, sealed, 'job').causation).toBe('what came before');
  });

  it.each([
    ['another tenant', { tenantId: newId() }],
    ['another id', { messageId: newId() }],
    ['another name', { name: 'shop.stolen' }],
    ['another version', { version: 1 }],
    ['another body', { body: sealed.body.replace('lamp', 'gold') }],
    ['no signature', { signature: '' }],
  ])('does not open under %s', (_what, change) => {
    expect(() => open(secrets, { ...sealed, ...change }, 'event')).toThrow(/signature does not match/);
  });

  it('opens what a previous secret signed, and nothing of a foreign one', () => {
    const rotated = new Secrets('a newer root secret, just as long as it', ['a root secret of at least 32 characters']);
    expect(open(rotated, sealed, 'event').data).toEqual({ item: 'lamp' });
    expect(() => open(new Secrets('a stranger with 32 characters or more'), sealed, 'event')).toThrow(/signature/);
  });

  it('refuses work without a tenant, and a schedule with one', () => {
    const tick = seal(secrets, newId(), definition, undefined, { tick: 'now' });
    expect(tick.tenantId).toBe(SYSTEM_TENANT);
    expect(open(secrets, tick, 'cron').scope).toBeUndefined();
    expect(() => open(secrets, tick, 'event')).toThrow(/names no tenant/);
    expect(() => open(secrets, sealed, 'cron')).toThrow(/carries a tenant/);
  });
});
