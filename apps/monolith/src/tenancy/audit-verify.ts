import type { AuditVerdict, Tenancy } from '#tenancy';
import { inTenant, withTenancy } from './with-tenancy.js';

const AT_ONCE = 500;

/** Whether the audit chain of every tenant (or of one) is whole; tells of each that is not. */
export function auditVerify(only: string | undefined): Promise<boolean> {
  return withTenancy(async (tenancy) => {
    let [checked, bad] = [0, 0];
    for await (const tenantId of only === undefined ? everyTenant(tenancy) : [only]) {
      const verdict = await inTenant(tenantId, () => tenancy.verifyAudit());
      checked += 1;
      if (!verdict.whole) bad += 1;
      if (!verdict.whole || only !== undefined) console.log(told(verdict));
    }
    console.log(bad === 0 ? `Audit: ${checked} ${checked === 1 ? 'chain, whole' : 'chains, all whole'}.`
      : `Audit: ${bad} of ${checked} chains are not what Atoll wrote.`);
    return bad === 0;
  });
}

async function* everyTenant(tenancy: Tenancy): AsyncGenerator<string> {
  for (let after: string | undefined; ;) {
    const page = await tenancy.tenants({ limit: AT_ONCE, suspended: true, ...(after && { after }) });
    for (const { id } of page) yield id;
    if (page.length < AT_ONCE) return;
    after = page.at(-1)!.id;
  }
}

function told({ tenantId, entries, witnessed, witnessedAt, firstBad }: AuditVerdict): string {
  const seen = witnessedAt ? `checkpoint of ${witnessedAt} saw ${witnessed}` : 'no checkpoint yet';
  return firstBad ? `${tenantId}  entry ${firstBad.sequence} ${firstBad.what} (${seen})`
    : `${tenantId}  ${entries} entries, whole (${seen})`;
}
