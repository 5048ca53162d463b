import { defineJob } from '#platform/messaging';

/**
 * Sends one webhook what it has not had yet. What goes wrong at the other end is no failed try of this job: it is kept in the webhook's row,
 * and the next job is due when that row says. So a tenant's broken endpoint makes no dead letters for the operator.
 */
export const deliverAudit = defineJob<{ webhookId: string }>('tenancy.deliver-audit', { attempts: 20, timeoutMs: 900_000, concurrency: 16 });
