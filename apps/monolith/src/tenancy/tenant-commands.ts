import { AppError } from '#platform/core';
import type { Tenancy, Tenant } from '#tenancy';
import { inTenant, withTenancy } from './with-tenancy.js';

const DAY_MS = 86_400_000;

export interface TenantOptions {
  tenant?: string;
  reason?: string;
  plan?: string;
  'trial-days'?: string;
  domain?: string;
}

/** `tenant suspend`, `tenant resume`, `tenant plan`, `tenant domain`: one tenant, and what it is now. */
export async function tenantCommand(verb: string, options: TenantOptions): Promise<void> {
  const change = changeOf(verb, options);
  const { id, name, status, plan, trialEndsAt } = await withTenancy((tenancy) => inTenant(options.tenant, () => change(tenancy)));
  console.log(`${id}  ${name}: ${status}, plan ${plan}${trialEndsAt ? ` on trial until ${trialEndsAt}` : ''}`);
}

function changeOf(verb: string, { reason, plan, domain, 'trial-days': days }: TenantOptions): (tenancy: Tenancy) => Promise<Tenant> {
  if (verb === 'resume') return (tenancy) => tenancy.resume();
  if (verb === 'suspend') {
    if (!reason) throw new AppError('invalid', 'cli.reason', 'Why is it suspended? Give --reason: it stands in the tenant\'s audit log.');
    return (tenancy) => tenancy.suspend({ reason });
  }
  if (verb === 'domain') {
    if (!domain) throw new AppError('invalid', 'cli.domain', 'Which domain is theirs? Give --domain, as in --domain example.org.');
    return async (tenancy) => {
      await tenancy.captureDomain({ domain });
      return tenancy.tenant();
    };
  }
  if (!plan || (days !== undefined && !/^[1-9]\d{0,3}$/.test(days)))
    throw new AppError('invalid', 'cli.plan', 'Give --plan its name, and --trial-days a whole number of days if it is a trial.');
  return (tenancy) => tenancy.choosePlan({ plan,
    ...(days && { trialEndsAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }) });
}
