import { Secrets } from '../crypto/secrets.js';
import { runAs } from './flow.js';
import { newId } from './ids.js';
import { detached, runSealed, sealScope } from './resume.js';
import { type Scope, current, currentFlow } from './scope.js';

const scope = (): Scope => ({ tenantId: newId(), actor: { kind: 'user', id: newId(), roles: ['owner'], permissions: ['*'] } });

describe('work that outlives its request', () => {
  const secrets = new Secrets('a root secret of at least 32 characters');

  it('goes on for the same tenant, actor and trace, in a flow of its own', () => {
    const mine = scope();
    const signal = new AbortController().signal;
    runAs(mine, () => {
      const { requestId, traceparent } = currentFlow()!;
      detached(() => {
        expect(current()).toEqual(mine);
        expect(currentFlow()).toMatchObject({ traceparent });
        expect(currentFlow()!.requestId).not.toBe(requestId);
        expect(currentFlow()!.signal).toBeUndefined();
      });
    }, { signal });
  });

  it('goes on from a sealed text, as who began it and with no rights', () => {
    const mine = scope();
    const sealed = runAs(mine, () => sealScope(secrets, 'run 1'));
    runSealed(secrets, sealed, 'run 1', mine.tenantId, (resumed) => {
      expect(current()).toEqual({ tenantId: mine.tenantId, actor: { ...mine.actor, roles: [], permissions: [] } });
      expect(resumed).toEqual(current());
    });
  });

  it('opens nothing for other work, another tenant, another deployment, or a changed text', () => {
    const mine = scope();
    const sealed = runAs(mine, () => sealScope(secrets, 'run 1'));
    const never = (): never => {
      throw new Error('ran');
    };
    expect(() => runSealed(secrets, sealed, 'run 2', mine.tenantId, never)).toThrow(/could not be opened/);
    expect(() => runSealed(secrets, sealed, 'run 1', newId(), never)).toThrow(/another tenant/);
    expect(() => runSealed(new Secrets('another root secret, also long enough'), sealed, 'run 1', mine.tenantId, never))
      .toThrow(/could not be opened/);
    expect(() => runSealed(secrets, `${sealed.slice(0, -4)}AAAA`, 'run 1', mine.tenantId, never)).toThrow(/could not be opened/);
  });
});
