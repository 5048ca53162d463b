import { asService, currentFlow } from '#platform/core';

/** The actor of tenancy's own look-ups. */
const TENANCY_ACTOR_ID = '00000000-0000-7000-8000-000000000001';

/**
 * Runs `work` behind the wall of a tenant that a credential names, before it is known whether the credential is true: whatever is found
 * there is shown to nobody who does not hold that tenant's secret.
 */
export function asTenant<T>(tenantId: string, work: () => T): T {
  const flow = currentFlow();
  const origin = flow && { requestId: flow.requestId, traceparent: flow.traceparent, causation: flow.causation };
  return asService(tenantId, TENANCY_ACTOR_ID, work, origin);
}
