import type { FastifyReply } from 'fastify';
import { versionOf } from './listing.js';
import type { Resource } from './patch.js';
import { SCIM_JSON } from './scim-error.js';

/**
 * A resource as SCIM's clients expect it: its media type, its version as ETag, its place where it was made; 304 for the version that is
 * `known`.
 */
export function answer(reply: FastifyReply, resource: Resource): Resource;
export function answer(reply: FastifyReply, resource: Resource, known: string | undefined): Resource | undefined;
export function answer(reply: FastifyReply, resource: Resource, known?: string): Resource | undefined {
  reply.header('content-type', SCIM_JSON);
  const { version, location } = (resource.meta ?? {}) as { version?: string; location?: string };
  if (version === undefined) return resource;
  reply.header('etag', version);
  if (reply.request.method === 'POST') reply.header('location', location!);
  if (known === undefined || !known.split(',').map((one) => one.trim()).includes(versionOf(resource))) return resource;
  reply.status(304);
  return undefined;
}
