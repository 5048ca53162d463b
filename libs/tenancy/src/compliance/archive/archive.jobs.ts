import { defineJob } from '#platform/messaging';

/** Puts an archive together once every context has written its part. */
export const finishArchive = defineJob<{ orderId: string }>('tenancy.finish-archive', { attempts: 5, timeoutMs: 6 * 3_600_000 });

/** Deletes what an import leaves beside what it took in. */
export const clearImport = defineJob<{ orderId: string }>('tenancy.clear-import', { attempts: 10 });
