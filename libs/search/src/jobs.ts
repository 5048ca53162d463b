import { defineJob, type Jobs } from '#platform/messaging';

/** Takes up documents that are queued, and makes them findable. */
export const indexDocuments = defineJob<Record<string, never>>('search.index-documents',
  { attempts: 5, timeoutMs: 300_000, concurrency: 2 });

/** Waiting jobs of a tenant at most. Each is held by the units that order it until they commit: with one, they would go one by one. */
const WAITING = 8;

/** A waiting job serves whatever is queued until it starts, and does not start before the caller's unit has committed. */
export async function orderIndexing(jobs: Jobs): Promise<void> {
  await jobs.add(indexDocuments, {}, { dedupeKey: `queued ${Math.floor(Math.random() * WAITING)}` });
}
