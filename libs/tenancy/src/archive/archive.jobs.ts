import { defineJob } from '#kernel';

/** Puts an archive together once every context has written its part. */
export const finishArchive = defineJob<{ orderId: string }>('tenancy.finish-archive', { attempts: 5, timeoutMs: 6 * 3_600_000 });
