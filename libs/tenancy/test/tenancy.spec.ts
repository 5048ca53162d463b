import { newId } from '#platform/core';
import { engines } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { IdentityService } from '../src/identity/identities/identity.service.js';
import { House } from './house.js';

describe.each(engines)('the contract of tenancy on %s', (engine) => {
  let house: House;
  let tenancy: Tenancy;
  beforeAll(async () => {
    house = await House.open(engine);
    tenancy = house.get(Tenancy);
  });
  afterAll(() => house?.close());

  const entry = () => ({ tenantName: 'Reef', name: 'Ada', email: `${newId()}@example.org`, password: 'correct horse battery' });

  it('registering under the caller’s own id changes nothing the second time', async () => {
    const mine = { ...entry(), tenantId: newId() };
    const first = await tenancy.register(mine);
    expect(first.tenantId).toBe(mine.tenantId);
    expect(await tenancy.register(mine)).toEqual(first);
    await expect(tenancy.register({ ...entry(), tenantId: mine.tenantId }))
      .rejects.toMatchObject({ code: 'conflict', reason: 'tenancy.tenant-exists' });
  });

  it.each([
    [{ tenantName: ' \n ' }], [{ tenantName: 'x'.repeat(121) }], [{ name: '\u200b' }], [{ timeZone: 'Europe/Atlantis' }],
    [{ timeZone: '../etc/passwd' }], [{ timeZone: '+01:00' }], [{ locale: 'not a tag' }], [{ email: 'nobody' }],
    [{ email: `${'x'.repeat(250)}@a.org` }], [{ password: 'short' }],
  ])('refuses %j and makes nobody', async (change) => {
    const wrong = { ...entry(), ...change };
    await expect(tenancy.register(wrong)).rejects.toMatchObject({ code: 'invalid' });
    const left = await house.db.system('a look', () => house.db.query('select 1 from tenancy.identity where email = $1', [wrong.email]));
    expect(left).toEqual([]);
  });

  it('tells each tenant of itself only', async () => {
    const [a, b] = [await tenancy.register({ ...entry(), tenantName: 'A', timeZone: 'Asia/Kathmandu' }),
      await tenancy.register({ ...entry(), tenantName: 'B' })];
    expect(await house.inTenant(a.tenantId, () => tenancy.tenant()))
      .toMatchObject({ id: a.tenantId, name: 'A', timeZone: 'Asia/Kathmandu', plan: 'free' });
    expect(await house.inTenant(a.tenantId, () => tenancy.members({ ids: [a.userId, b.userId, newId()] })))
      .toMatchObject([{ id: a.userId, role: 'owner' }]);
    await expect(house.inTenant(newId(), () => tenancy.tenant())).rejects.toMatchObject({ code: 'not-found' });
  });

  it('schedules walk through all tenants that are active, each once', async () => {
    const made = [];
    for (let at = 0; at < 5; at += 1) made.push((await tenancy.register(entry())).tenantId);
    await house.inTenant(made[2]!, () => house.db.query(`update tenancy.tenant set status = 'suspended'`));
    const seen: string[] = [];
    for (;;) {
      const page = await tenancy.tenants({ limit: 2, ...(seen.length > 0 && { after: seen.at(-1)! }) });
      seen.push(...page.map(({ id }) => id));
      if (page.length < 2) break;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(made.filter((id) => seen.includes(id))).toEqual(made.filter((_, at) => at !== 2));
  });

  it('a registration that died after the person was made goes on with the same password', async () => {
    const mine = entry();
    await house.get(IdentityService).proveOrCreate(mine.email, mine.password);
    expect(await tenancy.register(mine)).toMatchObject({ tenantId: expect.any(String) });
    await expect(tenancy.register({ ...mine, password: 'another horse battery' }))
      .rejects.toMatchObject({ reason: 'tenancy.not-registered' });
  });

  it('of parallel registrations of one new person all succeed, as one person', async () => {
    const mine = entry();
    const made = await Promise.all(Array.from({ length: 5 }, () => tenancy.register(mine)));
    expect(new Set(made.map(({ tenantId }) => tenantId)).size).toBe(5);
    const identities = await house.db.system('a look',
      () => house.db.query('select id from tenancy.identity where email = $1', [mine.email]));
    expect(identities).toHaveLength(1);
  });

  it('of many who set up one tenant at the same moment one becomes its owner, and the others are told', async () => {
    for (let round = 0; round < 5; round += 1) {
      const tenantId = newId();
      const made = await Promise.allSettled(Array.from({ length: 8 }, () => tenancy.register({ ...entry(), tenantId })));
      expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const one of made) if (one.status === 'rejected')
        expect(one.reason).toMatchObject({ code: 'conflict', reason: 'tenancy.tenant-exists' });
      const owners = await house.inTenant(tenantId, () => house.db.query(`select id from tenancy.membership`));
      expect(owners).toHaveLength(1);
    }
  });
});
