import type { Blobs } from '#platform/adapters';
import { keyOf } from '#platform/core';

/** What one context wrote for an archive: its files in the order in which they are taken in again. */
export interface ArchivePart {
  context: string;
  /** Name of its last migration: an Atoll that does not know it cannot read the rows. */
  schema: string;
  files: ArchiveFile[];
}

export interface ArchiveFile {
  /** `rows/<table>.jsonl` or `blobs/<context>/<folder>/<id...>`. */
  path: string;
  bytes: number;
  sha256: string;
  /** Of rows. */
  rows?: number;
}

/** Everything of one order lies in one folder of its tenant. */
export function orderKey(tenantId: string, orderId: string, ...parts: string[]): string {
  return keyOf(tenantId, 'kernel', 'orders', orderId, ...parts);
}

export function rowsPath(table: string): string {
  return `rows/${table}.jsonl`;
}

export function blobPath(context: string, id: string[]): string {
  return ['blobs', context, ...id.map(encodeURIComponent)].join('/');
}

/** Where a file of an archive lies while its order is under way, or, of a blob, for good. */
export function fileKey(tenantId: string, orderId: string, path: string): string {
  const [kind, ...rest] = path.split('/');
  if (kind !== 'blobs') return orderKey(tenantId, orderId, kind!, ...rest);
  const [context, ...id] = rest.map(decodeURIComponent);
  return keyOf(tenantId, context!, ...id);
}

/** Deletes what an order has left. */
export async function clearOrder(blobs: Blobs, tenantId: string, orderId: string): Promise<void> {
  for await (const { key, id } of blobs.list(tenantId, 'kernel')) if (id[0] === 'orders' && id[1] === orderId) await blobs.delete(key);
}

/** Lines of a stored text, some at a time. */
export async function* linesOf(content: AsyncIterable<Uint8Array | string>, most = 500,
  mostCharacters = 1_000_000): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  let lines: string[] = [];
  let characters = 0;
  for await (const chunk of content) {
    const pieces = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
    rest = pieces.pop()!;
    for (const line of pieces) {
      if (line === '') continue;
      lines.push(line);
      characters += line.length;
      if (lines.length < most && characters < mostCharacters) continue;
      yield lines;
      [lines, characters] = [[], 0];
    }
  }
  if (rest !== '') lines.push(rest);
  if (lines.length > 0) yield lines;
}
