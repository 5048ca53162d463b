import { randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, mkdir, open, readFile, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError, notFound } from '#platform/core';
import { folderOf, isTenantFolder, partsOf, storedBlob } from './blob-keys.js';
import { type BlobContent, type BlobInfo, Blobs, type PutOptions, type StoredBlob } from './blobs.js';
import { MeasuredContent } from './measured-content.js';

const UNFINISHED = /\.[0-9a-f-]{36}\.part$/;

/**
 * Blobs as files: `<folder>/<tenant>/<context>/<id...>`. Written under a temporary name in the same folder, flushed, then renamed: a
 * reader sees the old content or the new one, and a crash leaves neither half a blob nor a wrong one.
 */
export class LocalBlobs extends Blobs {
  constructor(private readonly folder: string) {
    super();
  }

  override async assertReady(): Promise<void> {
    await access(this.folder, constants.W_OK).catch((cause: unknown) => {
      if (!isMissing(cause)) throw notWritable(this.folder, cause);
    });
  }

  override async put(key: string, content: BlobContent, options?: PutOptions): Promise<BlobInfo> {
    try {
      return await this.store(this.pathOf(key), new MeasuredContent(content, options));
    } catch (error) {
      throw isFull(error) ? full(error) : error;
    }
  }

  private async store(path: string, content: MeasuredContent): Promise<BlobInfo> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const unfinished = `${path}.${randomUUID()}.part`;
    const file = await open(unfinished, 'wx', 0o600);
    try {
      for await (const chunk of content) for (let done = 0; done < chunk.byteLength; ) done += (await file.write(chunk, done)).bytesWritten;
      await file.datasync();
      await file.close();
      await rename(unfinished, path);
      return content.info;
    } catch (error) {
      await file.close().catch(() => undefined);
      await unlink(unfinished).catch(() => undefined);
      throw error;
    }
  }

  override async read(key: string, range?: { start: number; end?: number }): Promise<Readable> {
    const stream = createReadStream(this.pathOf(key), range);
    await new Promise<void>((resolve, reject) => {
      stream.once('open', () => resolve());
      stream.once('error', (error) => reject(missing(error)));
    });
    return stream;
  }

  override async get(key: string): Promise<Buffer> {
    return readFile(this.pathOf(key)).catch((error: unknown) => {
      throw missing(error);
    });
  }

  override async size(key: string): Promise<number | undefined> {
    try {
      return (await stat(this.pathOf(key))).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  override async delete(key: string): Promise<void> {
    await rm(this.pathOf(key), { force: true });
  }

  override async *storedBefore(context: string, before: Date): AsyncGenerator<StoredBlob> {
    for (const tenantId of (await readdir(this.folder).catch(none)).filter(isTenantFolder)) {
      for await (const path of this.filesOf(tenantId, context)) {
        const found = await stat(path).catch(() => undefined);
        if (!found || found.mtime >= before) continue;
        if (UNFINISHED.test(path)) await rm(path, { force: true });
        else yield this.blobAt(path);
      }
    }
  }

  override async *list(tenantId: string, context: string): AsyncGenerator<StoredBlob> {
    for await (const path of this.filesOf(tenantId, context)) if (!UNFINISHED.test(path)) yield this.blobAt(path);
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    await rm(join(this.folder, folderOf(tenantId)), { recursive: true, force: true });
  }

  override async link(): Promise<undefined> {
    return undefined;
  }

  private async *filesOf(tenantId: string, context: string): AsyncGenerator<string> {
    const folder = join(this.folder, folderOf(tenantId, context));
    const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(none);
    for (const file of files) if (file.isFile()) yield join(file.parentPath, file.name);
  }

  private blobAt(path: string): StoredBlob {
    return storedBlob(relative(this.folder, path).split(sep).join('/'));
  }

  private pathOf(key: string): string {
    return join(this.folder, ...partsOf(key));
  }
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
  return new AppError('unavailable', 'kernel.blob-store-full',
    'The disk for files is full, so this one was not kept. Send it again once the operator has made room.',
    { cause, retryAfterSeconds: 30 });
}

function notWritable(folder: string, cause: unknown): AppError {
  const mend = 'Give it to the user that runs Atoll (chown), or set ATOLL_BLOB_DIR to another.';
  return new AppError('invalid', 'kernel.blob-folder', `The folder of files, ${folder}, cannot be written. ${mend}`, { cause });
}
