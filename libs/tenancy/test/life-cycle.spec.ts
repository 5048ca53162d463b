import { currentFlow, newId } from '#platform/core';
import { engines, eventually } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { LifeCycleService } from '../src/organisation/tenant/life-cycle.service.js';
import { House, type SignedInBody } from './house.js';

describe.each(engines)('the life of a tenant on %s', (engine) => {
  let house: House;
  let tenancy: Tenancy;
  let owner: SignedInBody | undefined;
  beforeAll(async () => {
    house = await House.open(engine);
    tenancy = house.get(Tenancy);
  });
  afterAll(() => house?.close());

  const inside = <T>({ tenant }: SignedInBody, work: () => T): T => house.inTenant(tenant.id, work);
  const ask = (who: SignedInBody, method: 'GET' | 'PATCH' | 'POST', path: string, body?: unknown) =>
    house.ask(method, `/v1/tenant${path}`, { token: who.accessToken, body });

  it('goes on under another name, language and time zone, but never under another plan or id of its own choice', async () => {
    const owner = await house.register();
    const { status, body } = await ask(owner, 'PATCH', '', { name: ' Great Reef ', locale: 'de-at', timeZone: 'Europe/Vienna' });
    expect([status, body]).toMatchObject([200, { id: owner.tenant.id, name: 'Great Reef', locale: 'de-AT', timeZone: 'Europe/Vienna',
      plan: 'free', status: 'active', trialEndsAt: null }]);
    for (const wrong of [{ plan: 'pro' }, { status: 'active' }, { id: newId() }, { tenantId: newId() }, { name: '\u200b' },
      { locale: 'not a tag' }, { timeZone: 'Europe/Atlantis' }]) {
      expect((await ask(owner, 'PATCH', '', wrong)).status).toBe(400);
    }
    expect((await ask(owner, 'GET', '')).body).toEqual(body);
    const { body: key } = await house.ask('POST', '/v1/api-keys',
      { token: owner.accessToken, body: { name: 'reader', scopes: ['*.read'] } });
    expect((await house.ask('PATCH', '/v1/tenant', { token: key.key, body: { name: 'Mine' } })).status).toBe(403);
  });

  it('stops within 5 seconds when it is suspended, for every credential, and goes on when it is resumed', async () => {
    const [owner, other] = [await house.register(), await house.register()];
    const { body: key } = await house.ask('POST', '/v1/api-keys', { token: owner.accessToken, body: { name: 'CI', scopes: ['*.read'] } });
    const statuses = async (): Promise<number[]> => (await Promise.all(
      [owner.accessToken, key.key, other.accessToken].map((token) => house.ask('GET', '/v1/me', { token })))).map(({ status }) => status);
    expect(await statuses()).toEqual([200, 200, 200]);
    expect(await inside(owner, () => tenancy.suspend({ reason: 'invoice 12 is unpaid' }))).toMatchObject({ status: 'suspended' });
    const since = Date.now();
    let lastOpen = since;
    await eventually(async () => {
      const asked = Date.now();
      const now = await statuses();
      if (now.slice(0, 2).includes(200)) lastOpen = asked;
      expect(now).toEqual([401, 401, 200]);
    });
    expect(lastOpen - since).toBeLessThanOrEqual(5_000);
    expect((await house.ask('POST', '/v1/auth/refresh', { body: { refreshToken: owner.refreshToken } })).status).toBe(401);
    const all: string[] = [];
    for (let after: string | undefined, more = true; more;) {
      const page = await tenancy.tenants({ limit: 100, ...(after && { after }) });
      all.push(...page.map(({ id }) => id));
      [after, more] = [page.at(-1)?.id, page.length === 100];
    }
    expect([all.includes(owner.tenant.id), all.includes(other.tenant.id)]).toEqual([false, true]);
    await inside(owner, () => tenancy.suspend({ reason: 'again' }));
    expect(await inside(owner, () => tenancy.resume())).toMatchObject({ status: 'active' });
    await inside(owner, () => tenancy.resume());
    await eventually(async () => expect(await statuses()).toEqual([200, 200, 200]));
    await eventually(async () => expect((await house.ask('GET', '/v1/audit?action=tenancy.tenant.',
      { token: owner.accessToken })).body.items).toMatchObject([
      { action: 'tenancy.tenant.resumed' }, { action: 'tenancy.tenant.suspended', detail: { reason: 'invoice 12 is unpaid' } },
      { action: 'tenancy.tenant.created' },
    ]));
  });

  it('has a plan, which falls back to the free one when its trial is over', async () => {
    const owner = await house.register();
    const trialEndsAt = new Date(Date.now() + 60_000).toISOString();
    expect(await inside(owner, () => tenancy.choosePlan({ plan: 'pro', trialEndsAt }))).toMatchObject({ plan: 'pro', trialEndsAt });
    await house.get(LifeCycleService).endTrials();
    expect(await inside(owner, () => tenancy.tenant())).toMatchObject({ plan: 'pro' });
    await inside(owner, () => house.db.query(`update tenancy.tenant set trial_ends_at = now() - interval '1 second'`));
    await house.get(LifeCycleService).endTrials();
    await house.get(LifeCycleService).endTrials();
    expect(await inside(owner, () => tenancy.tenant())).toMatchObject({ plan: 'free', trialEndsAt: null });
    await eventually(async () =>
      expect((await house.ask('GET', '/v1/audit?action=tenancy.trial.', { token: owner.accessToken })).body.items).toHaveLength(1));
    await expect(inside(owner, () => tenancy.choosePlan({ plan: 'Pro!' }))).rejects.toMatchObject({ code: 'invalid' });
    await expect(inside(owner, () => tenancy.choosePlan({ plan: 'pro', trialEndsAt: '2020-01-01T00:00:00Z' })))
      .rejects.toMatchObject({ code: 'invalid' });
    expect(currentFlow()).toBeUndefined();
  });

  it('has settings with defaults, a history, and a way back', async () => {
    const owner = await house.register();
    const defaults = (await ask(owner, 'GET', '/settings')).body;
    expect(defaults).toMatchObject({ version: 0, settings: { branding: { displayName: null, primaryColor: '#0f766e' } } });
    const first = await ask(owner, 'PATCH', '/settings', { settings: { branding: { displayName: 'Reef & Co', primaryColor: '#102030' } } });
    expect(first.body).toMatchObject({ version: 1, changedBy: owner.userId,
      settings: { branding: { displayName: 'Reef & Co', primaryColor: '#102030', accentColor: '#f59e0b' } } });
    expect((await ask(owner, 'PATCH', '/settings', { version: 1,
      settings: { branding: { primaryColor: null, supportEmail: 'help@reef.example' } } })).body)
      .toMatchObject({ version: 2,
        settings: { branding: { displayName: 'Reef & Co', primaryColor: '#0f766e', supportEmail: 'help@reef.example' } } });
    expect((await ask(owner, 'POST', '/settings/rollback', { version: 1 })).body)
      .toMatchObject({ version: 3, restoredFrom: 1, settings: first.body.settings });
    expect((await ask(owner, 'POST', '/settings/rollback', { version: 0 })).body)
      .toMatchObject({ version: 4, settings: defaults.settings });
    expect((await ask(owner, 'PATCH', '/settings', { settings: { branding: { primaryColor: '#0f766e' } } })).body.version).toBe(4);
    expect((await ask(owner, 'POST', '/settings/rollback', { version: 9 })).status).toBe(404);
    const page = (await ask(owner, 'GET', '/settings/history?limit=3')).body;
    const rest = (await ask(owner, 'GET', `/settings/history?limit=3&cursor=${page.nextCursor}`)).body;
    expect([...page.items, ...rest.items].map(({ version }: { version: number }) => version)).toEqual([4, 3, 2, 1]);
    expect(await inside(owner, () => tenancy.settings())).toEqual(defaults.settings);
    const stranger = await house.register();
    expect((await ask(stranger, 'GET', '/settings/history')).body.items).toEqual([]);
    expect((await ask(stranger, 'POST', '/settings/rollback', { version: 1 })).status).toBe(404);
  });

  it('of changes at the same moment one is saved and the others are told', async () => {
    const owner = await house.register();
    const answers = await Promise.all(['#111111', '#222222', '#333333',
      '#444444'].map((primaryColor) => ask(owner, 'PATCH', '/settings', { version: 0, settings: { branding: { primaryColor } } })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    expect((await ask(owner, 'GET', '/settings')).body.version).toBe(1);
  });

  it.each([
    [{ branding: { primaryColor: 'red' } }, '/settings/branding/primaryColor'],
    [{ branding: { logoUrl: 'http://a.example/x.png' } }, '/settings/branding/logoUrl'],
    [{ branding: { logoUrl: 'javascript:alert(1)' } }, '/settings/branding/logoUrl'],
    [{ branding: { displayName: { $ne: 1 } } }, '/settings/branding/displayName'],
    [{ branding: { nonsense: 1 } }, '/settings/branding/nonsense'],
    [{ branding: [] }, '/settings/branding'],
    [{ nonsense: {} }, '/settings/nonsense'],
  ])('refuses %j and keeps what was', async (settings, pointer) => {
    owner ??= await house.register();
    const { status, body } = await ask(owner, 'PATCH', '/settings', { settings });
    expect([status, body]).toMatchObject([400, { errors: [{ pointer }] }]);
    expect((await ask(owner, 'GET', '/settings')).body.version).toBe(0);
  });
});
