import { defineEvent } from '#platform/messaging';
import type { DocumentKind } from './contract.js';

/** A document can be found and cited from now on; also after its content was replaced. */
export const documentIndexed = defineEvent<{ documentId: string; kind: DocumentKind; passages: number;
  characters: number }>('search.document-indexed', 1);

/** A document was given up on. `reason` is the stable word, never the message. */
export const documentFailed = defineEvent<{ documentId: string; kind: DocumentKind; reason: string }>('search.document-failed', 1);

/** A document left the knowledge base, with its passages, vectors and stored file. */
export const documentRemoved = defineEvent<{ documentId: string; kind: DocumentKind }>('search.document-removed', 1);
