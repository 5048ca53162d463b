import { scopedKey } from '#platform/core';

/** Where a document's file lies. The name is ours: what the uploader called it never meets the file system. */
export function blobKey(documentId: string): string {
  return scopedKey('search', 'files', documentId);
}
