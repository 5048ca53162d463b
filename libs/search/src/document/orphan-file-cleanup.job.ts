import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { Blobs, type StoredBlob } from '#platform/adapters';
import { Cron } from '#platform/messaging';
import { Db } from '#platform/database';
import { logger } from '#platform/core';

const log = logger('search');
/** An upload stores its file first and its row at once behind it; after this long no upload is still between the two. */
const UPLOAD_MS = 3_600_000;
const AT_ONCE = 500;

/** Deletes files whose row was never written, because the process died in between. */
@Injectable()
export class OrphanFileCleanupJob {
  constructor(
    private readonly blobs: Blobs,
    private readonly db: Db,
  ) {}

  @Cron('search.delete-orphan-files', '53 * * * *')
  async tidy(): Promise<void> {
    const batch: StoredBlob[] = [];
    for await (const blob of this.blobs.storedBefore('search', new Date(Date.now() - UPLOAD_MS))) {
      if (!isUUID(blob.id.at(-1))) continue;
      if (batch.push(blob) >= AT_ONCE) await this.deleteOrphans(batch.splice(0));
    }
    await this.deleteOrphans(batch);
  }

  private async deleteOrphans(batch: StoredBlob[]): Promise<void> {
    if (batch.length === 0) return;
    const rows = await this.db.systemQuery<{ id: string }>('files without a document are looked for, tenant by tenant',
      'select id from search.document where id = any ($1)', [batch.map(({ id }) => id.at(-1))]);
    const known = new Set(rows.map(({ id }) => id));
    const orphans = batch.filter(({ id }) => !known.has(id.at(-1)!));
    for (const { key } of orphans) await this.blobs.delete(key);
    if (orphans.length > 0) log.info({ files: orphans.length }, 'files of uploads that were cut off are deleted');
  }
}
