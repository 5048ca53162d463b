import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type TarPackController, createTarPacker } from 'modern-tar';
import { AppError } from '#platform/core';
import { type ArchivePart, clearOrder, fileKey, orderKey } from '#platform/privacy';
import { Blobs } from '#platform/adapters';
import { ArchiveKey } from './archive-key.js';
import { FORMAT, MANIFEST, type Manifest, SIGNATURE, VERSION } from './manifest.js';
import { hashing } from './tar.js';

export interface StoredArchive {
  bytes: number;
  sha256: string;
}

export type ArchiveOf = Pick<Manifest, 'kind' | 'tenantId' | 'personId'> & { orderId: string };

const ARCHIVE = 'archive.tar';

export function archiveKey(tenantId: string, orderId: string): string {
  return orderKey(tenantId, orderId, ARCHIVE);
}

/** Puts together what the contexts wrote: a tar of manifest, signature, and every file, streamed from blob to blob. */
@Injectable()
export class ArchiveWriter {
  constructor(
    private readonly blobs: Blobs,
    private readonly key: ArchiveKey,
  ) {}

  async write(of: ArchiveOf, contexts: string[],
    { signal, progress }: { signal: AbortSignal; progress: (done: number) => void }): Promise<StoredArchive> {
    const manifest = await this.manifestOf(of, contexts);
    return this.blobs.put(archiveKey(of.tenantId, of.orderId), this.tar(of, manifest, progress), { signal });
  }

  /** The parts are in the archive now. */
  async clearParts({ tenantId, orderId }: Pick<ArchiveOf, 'tenantId' | 'orderId'>): Promise<void> {
    for await (const { key, id } of this.blobs.list(tenantId, 'kernel')) {
      if (id[0] === 'orders' && id[1] === orderId && id[2] !== ARCHIVE) await this.blobs.delete(key);
    }
  }

  clear(tenantId: string, orderId: string): Promise<void> {
    return clearOrder(this.blobs, tenantId, orderId);
  }

  private async manifestOf({ orderId, ...of }: ArchiveOf, contexts: string[]): Promise<Manifest> {
    const manifest: Manifest = { format: FORMAT, version: VERSION, ...of, exportedAt: new Date().toISOString(), contexts: [], files: [],
      missing: [] };
    for (const context of contexts) {
      const part = JSON.parse((await this.blobs.get(orderKey(of.tenantId, orderId, 'parts', `${context}.json`))).toString()) as ArchivePart;
      manifest.contexts.push({ context, schema: part.schema });
      for (const file of part.files) {
        const there = (await this.blobs.size(fileKey(of.tenantId, orderId, file.path))) === file.bytes;
        if (there) manifest.files.push(file);
        else manifest.missing.push(file.path);
      }
    }
    return manifest;
  }

  /** Whoever stops reading stops the writing. */
  private tar(of: ArchiveOf, manifest: Manifest, progress: (done: number) => void): ReadableStream<Uint8Array> {
    const { readable, controller } = createTarPacker();
    void this.fill(controller, of, manifest, progress).catch((error: unknown) => controller.error(error));
    return readable;
  }

  private async fill(tar: TarPackController, { tenantId, orderId }: ArchiveOf, manifest: Manifest,
    progress: (done: number) => void): Promise<void> {
    const add = (name: string, size: number, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> =>
      ReadableStream.from(content).pipeTo(tar.add({ name, size, mode: 0o600 }));
    const text = Buffer.from(JSON.stringify(manifest));
    const signature = Buffer.from(JSON.stringify({ key: this.key.publicKey, signature: this.key.sign(text) }));
    await add(MANIFEST, text.length, [text]);
    await add(SIGNATURE, signature.length, [signature]);
    for (const [at, { path, bytes, sha256 }] of manifest.files.entries()) {
      const hash = createHash('sha256');
      await add(path, bytes, hashing(await this.blobs.read(fileKey(tenantId, orderId, path)), hash));
      if (hash.digest('hex') !== sha256)
        throw new AppError('unavailable', 'tenancy.archive-changed',
          `${path} was changed while it was exported. Ask for the export again.`);
      progress((at + 1) / manifest.files.length);
    }
    tar.finalize();
  }
}
