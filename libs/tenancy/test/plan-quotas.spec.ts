import { Tenancy } from '#tenancy';
import { PlanQuotas } from '../src/access/plan-quotas.js';
import { TenancyConfig } from '../src/tenancy.config.js';
import { House } from './house.js';

describe('quotas by plan', () => {
  const of = (...planQuotas: string[]) => new PlanQuotas(Object.assign(new TenancyConfig(), { planQuotas }));

  it('are the plan’s own, else everybody’s, else none', () => {
    const quotas = of('*.user=10', 'pro.user=20', 'pro.answers=5', '*.tenant=100', 'vip.tenant=0');
    const told = (plan: string, userId?: string) =>
      quotas.of(plan, 't', userId).map(({ name, id, perMinute }) => `${name} ${id} ${perMinute}`);
    expect(told('free', 'u')).toEqual(['user u 10', 'tenant t 100']);
    expect(told('pro', 'u')).toEqual(['user u 20', 'answers t 5', 'tenant t 100']);
    expect(told('vip')).toEqual([]);
    expect(of().of('free', 't', 'u')).toEqual([]);
  });

  it('count a person over sessions and keys, and a tenant over its people; a better plan lifts them within 5 seconds', async () => {
    const house = await House.open('embedded', { ATOLL_PLAN_QUOTAS: '*.user=6,free.tenant=12,pro.user=1000' });
    try {
      const ada = await house.register();
      const { key } = (await house.ask('POST', '/v1/me/keys', { token: ada.accessToken, body: { name: 'mine', scopes: ['*'] } })).body;
      const account = (await house.ask('POST', '/v1/service-accounts',
        { token: ada.accessToken, body: { name: 'ci', role: 'viewer' } })).body.id;
      const ci = (await house.ask('POST', `/v1/service-accounts/${account}/api-keys`,
        { token: ada.accessToken, body: { name: 'ci', scopes: ['*'] } })).body.key;
      const codes = async (token: string, times: number) => {
        const answers = [];
        for (let at = 0; at < times; at++) answers.push(await house.ask('GET', '/v1/members', { token }));
        return answers.map(({ status, headers }) => `${status} ${/^"\w+"/.exec(headers['ratelimit']!)![0]}`);
      };
      expect(await codes(key, 3)).toEqual(['200 "user"', '200 "user"', '200 "user"']);
      expect(await codes(ada.accessToken, 1)).toEqual(['429 "user"']);
      expect(await codes(ci, 7)).toEqual([...Array.from({ length: 6 }, () => '200 "tenant"'), '429 "tenant"']);
      await house.inTenant(ada.tenant.id, () => house.get(Tenancy).choosePlan({ plan: 'pro' }));
      expect((await house.get(Tenancy).authenticate({ scheme: 'bearer', token: ada.accessToken })).quotas)
        .toEqual([{ name: 'user', id: ada.userId, perMinute: 1_000 }]);
    } finally {
      await house.close();
    }
  });

  it.each(['free', 'free.user', 'free.user=many', 'free.users=5', '*.user=-1'])('%p is told at the start', async (text) => {
    await expect(House.open('embedded', { ATOLL_PLAN_QUOTAS: text })).rejects.toThrow('ATOLL_PLAN_QUOTAS');
  });
});
