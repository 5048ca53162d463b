import { AppError } from '../errors/app-error.js';
import { current } from './scope.js';

/**
 * The one builder of keys that live outside the walled tables: caches, locks, rate limits, idempotency, single-flight maps, blob paths.
 * The tenant is always the first part, so a key of one tenant can never be hit by another, whatever the ids below look like.
 */
export function keyOf(tenantId: string, context: string, ...parts: string[]): string {
  const all = [tenantId, context, ...parts];
  if (all.some((part) => part === '' || part === '.' || part === '..')) {
    throw new AppError('internal', 'kernel.key',
      'A key was built from an empty part or a dot path. This is a bug in Atoll; nothing was read or written.');
  }
  return all.map(encodeURIComponent).join('/');
}

/** `keyOf` for the tenant of the running work; throws outside one. */
export function scopedKey(context: string, ...parts: string[]): string {
  return keyOf(current().tenantId, context, ...parts);
}

/**
 * A key from `keyOf`, or the name of something that belongs to no tenant, as Redis knows it. The braces are a cluster's hash tag: all that
 * is kept under one key lives on one node. Parts are encoded, so none can bring braces of its own.
 */
export function redisKey(use: string, key: string): string {
  return `atoll:${use}:{${key.replace(/[{}]/g, encodeURIComponent)}}`;
}
