import type { Hash } from 'node:crypto';
import { createTarDecoder } from 'modern-tar';
import { AppError } from '#platform/core';

export interface TarEntry {
  name: string;
  bytes: number;
  /** To be read to its end before the next entry. */
  content: AsyncIterable<Uint8Array>;
}

/** Reads a tar as it streams by: never more than a chunk in memory, and nothing is a path but a name to compare. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const unread = new Set<unknown>();
  const noting = (error: unknown): never => {
    unread.add(error);
    throw error;
  };
  const telling = (error: unknown): never => {
    throw unread.has(error) ? error : broken(`it cannot be read as a tar (${String(error)})`);
  };
  const decoded = ReadableStream.from(failing(source, noting)).pipeThrough(createTarDecoder({ strict: true }));
  for await (const { header, body } of failing(decoded, telling)) {
    if (header.type !== 'file') throw broken('it holds something else than files');
    yield { name: header.name, bytes: header.size, content: failing(body, telling) };
  }
}

async function* failing<T>(source: AsyncIterable<T>, as: (error: unknown) => never): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    as(error);
  }
}

/** Passes `content` on, and takes its hash meanwhile. */
export async function* hashing(content: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
}

export function broken(what: string): AppError {
  return new AppError('invalid', 'tenancy.archive-broken',
    `The archive was refused: ${what}. Nothing of it was kept. Get it anew from where it was exported.`);
}
