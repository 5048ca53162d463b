import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError, notFound } from '#platform/core';
import { type BlobInfo, Blobs, type StoredBlob } from './blobs.js';

/** What `keyOf` makes of a part; a dot alone or twice it refuses, and so does this. */
const PART = /^(?!\.{1,2}$)[A-Za-z0-9._~!'()*%-]{1,255}$/;
const UNFINISHED = /\.[0-9a-f-]{36}\.part$/;
const TENANT = /^[0-9a-f-]{36}$/i;

/**
 * Blobs as files: `<folder>/<tenant>/<context>/<id...>`. Written under a temporary name in the same folder, flushed, then renamed: a
 * reader sees the old content or the new one, and a crash leaves neither half a blob nor a wrong one.
 */
export class LocalBlobs extends Blobs {
  constructor(private readonly folder: string) {
    super();
  }

  async put(key: string, content: Uint8Array | AsyncIterable<Uint8Array>, { maxBytes = Infinity, signal }: { maxBytes?: number; signal?: AbortSignal } = {}): Promise<BlobInfo> {
    try {
      return await this.store(this.pathOf(key), content, maxBytes, signal);
    } catch (error) {
      throw isFull(error) ? full(error) : error;
    }
  }

  private async store(path: string, content: Uint8Array | AsyncIterable<Uint8Array>, maxBytes: number, signal: AbortSignal | undefined): Promise<BlobInfo> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const unfinished = `${path}.${randomUUID()}.part`;
    const file = await open(unfinished, 'wx', 0o600);
    try {
      const info = await write(file, content instanceof Uint8Array ? [content] : content, maxBytes, signal);
      await file.datasync();
      await file.close();
      await rename(unfinished, path);
      return info;
    } catch (error) {
      await file.close().catch(() => undefined);
      await unlink(unfinished).catch(() => undefined);
      throw error;
    }
  }

  async read(key: string, range?: { start: number; end?: number }): Promise<Readable> {
    const stream = createReadStream(this.pathOf(key), range);
    await new Promise<void>((resolve, reject) => {
      stream.once('open', () => resolve());
      stream.once('error', (error) => reject(missing(error)));
    });
    return stream;
  }

  async get(key: string): Promise<Buffer> {
    return readFile(this.pathOf(key)).catch((error: unknown) => {
      throw missing(error);
    });
  }

  async size(key: string): Promise<number | undefined> {
    try {
      return (await stat(this.pathOf(key))).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await rm(this.pathOf(key), { force: true });
  }

  async *storedBefore(context: string, before: Date): AsyncGenerator<StoredBlob> {
    for (const tenantId of (await readdir(this.folder).catch(none)).filter((name) => TENANT.test(name))) {
      const files = await readdir(join(this.folder, tenantId, context), { recursive: true, withFileTypes: true }).catch(none);
      for (const file of files) {
        const path = join(file.parentPath, file.name);
        const found = file.isFile() ? await stat(path).catch(() => undefined) : undefined;
        if (!found || found.mtime >= before) continue;
        const [, , ...id] = relative(this.folder, path).split(sep);
        if (UNFINISHED.test(file.name)) await rm(path, { force: true });
        else yield { key: [tenantId, context, ...id].join('/'), tenantId, id: id.map(decodeURIComponent) };
      }
    }
  }

  async *list(tenantId: string, context: string): AsyncGenerator<StoredBlob> {
    if (!TENANT.test(tenantId) || !PART.test(context)) throw badKey();
    const folder = join(this.folder, tenantId, context);
    for (const file of await readdir(folder, { recursive: true, withFileTypes: true }).catch(none)) {
      if (!file.isFile() || UNFINISHED.test(file.name)) continue;
      const id = relative(folder, join(file.parentPath, file.name)).split(sep);
      yield { key: [tenantId, context, ...id].join('/'), tenantId, id: id.map(decodeURIComponent) };
    }
  }

  async deleteTenant(tenantId: string): Promise<void> {
    if (!TENANT.test(tenantId)) throw badKey();
    await rm(join(this.folder, tenantId), { recursive: true, force: true });
  }

  private pathOf(key: string): string {
    const parts = key.split('/');
    if (parts.length < 3 || !TENANT.test(parts[0]!) || !parts.every((part) => PART.test(part))) throw badKey();
    return join(this.folder, ...parts);
  }
}

async function write(file: FileHandle, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, maxBytes: number, signal: AbortSignal | undefined): Promise<BlobInfo> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new AppError('too-large', 'kernel.blob-too-large', `The file is larger than ${maxBytes} bytes and was not kept. Send a smaller one.`);
    hash.update(chunk);
    for (let done = 0; done < chunk.byteLength; ) done += (await file.write(chunk, done)).bytesWritten;
  }
  return { bytes, sha256: hash.digest('hex') };
}

function none(error: unknown): [] {
  if (isMissing(error)) return [];
  throw error;
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function missing(error: unknown): unknown {
  return isMissing(error) ? notFound('file') : error;
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function full(cause: unknown): AppError {
  return new AppError('unavailable', 'kernel.blob-store-full', 'The disk for files is full, so this one was not kept. Send it again once the operator has made room.', { cause, retryAfterSeconds: 30 });
}

function badKey(): AppError {
  return new AppError('internal', 'kernel.blob-key', 'A blob was asked for by a key that keyOf did not make. This is a bug in Atoll; nothing was read or written.');
}
