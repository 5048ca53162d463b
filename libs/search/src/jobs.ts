import { defineJob } from '#platform/messaging';

/** Reads accepted documents and makes them findable. Several only where they are small: FAQs that were imported together. */
export const indexDocuments = defineJob<{ documentIds: string[] }>('search.index-documents',
  { attempts: 5, timeoutMs: 300_000, concurrency: 2 });
