import type { ArchiveFile, ArchivePart } from '#platform/privacy';
import { isId } from '#platform/core';
import { broken } from './tar.js';

export const MANIFEST = 'manifest.json';
export const SIGNATURE = 'signature.json';
export const FORMAT = 'atoll-archive';
/** Raised when an older Atoll could misread it. */
export const VERSION = 1;
/** An archive of 300,000 files. */
export const MOST_MANIFEST_BYTES = 64 * 1024 * 1024;

/** The first file of an archive: what the others are. Its bytes are signed, and it holds every other file's hash. */
export interface Manifest {
  format: typeof FORMAT;
  version: number;
  /** A whole tenant, or what is one person's own in it. */
  kind: 'tenant' | 'person';
  tenantId: string;
  personId?: string;
  exportedAt: string;
  contexts: Pick<ArchivePart, 'context' | 'schema'>[];
  files: ArchiveFile[];
  /** Files that were removed while the export ran: their rows are there, their bytes are not. */
  missing: string[];
}

const PATH = /^(rows\/[a-z]+\.[a-z_]+\.jsonl|blobs\/[a-z]+(\/[A-Za-z0-9._~!'()*%-]{1,255}){1,6})$/;

/** Reads a manifest that is signed, yet believes nothing of it that could lead out of its tenant. */
export function readManifest(text: string): Manifest {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
  } catch {
    throw broken('its manifest is no JSON');
  }
  if (manifest?.format !== FORMAT) throw broken('it is not an archive of Atoll');
  if (manifest.version !== VERSION) throw broken(`it is of version ${String(manifest.version)}, and this Atoll reads version ${VERSION}`);
  if (manifest.kind !== 'tenant' || !isId(manifest.tenantId) || !Array.isArray(manifest.files) || !Array.isArray(manifest.contexts))
    throw broken('it is not the archive of a whole tenant');
  const seen = new Set<string>();
  for (const { path, bytes, sha256 } of manifest.files) {
    if (typeof path !== 'string' || !PATH.test(path) || /(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path) || seen.has(path))
      throw broken(`it names a file that no archive has: ${JSON.stringify(path).slice(0, 100)}`);
    if (!Number.isSafeInteger(bytes) || bytes < 0 || !/^[0-9a-f]{64}$/.test(sha256)) throw broken(`${path} has no size or no hash`);
    seen.add(path);
  }
  return manifest;
}
