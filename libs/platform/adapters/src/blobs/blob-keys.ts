import { AppError } from '#platform/core';
import type { StoredBlob } from './blobs.js';

/** What `keyOf` makes of a part; a dot alone or twice it refuses, and so does this. */
const PART = /^(?!\.{1,2}$)[A-Za-z0-9._~!'()*%-]{1,255}$/;
const TENANT = /^[0-9a-f-]{36}$/i;

/** The parts of a key; throws on one that `keyOf` did not make. */
export function partsOf(key: string): string[] {
  const parts = key.split('/');
  if (parts.length < 3 || !isTenantFolder(parts[0]!) || !parts.every((part) => PART.test(part))) throw badKey();
  return parts;
}

/** What all keys of a tenant begin with, or those of one of its contexts; without a slash at the end. */
export function folderOf(tenantId: string, context?: string): string {
  if (!isTenantFolder(tenantId) || (context !== undefined && !PART.test(context))) throw badKey();
  return context === undefined ? tenantId : `${tenantId}/${context}`;
}

export function isTenantFolder(name: string): boolean {
  return TENANT.test(name);
}

export function storedBlob(key: string): StoredBlob {
  const [tenantId, , ...id] = key.split('/');
  return { key, tenantId: tenantId!, id: id.map(decodeURIComponent) };
}

function badKey(): AppError {
  return new AppError(
    'internal', 'kernel.blob-key',
    'A blob was asked for by a key that keyOf did not make. This is a bug in Atoll; nothing was read or written.',
  );
}
