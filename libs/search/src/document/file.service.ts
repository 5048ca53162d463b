import { Injectable } from '@nestjs/common';
import { Audited } from '#platform/privacy';
import { Blobs } from '#platform/adapters';
import { HttpConfig } from '#platform/http';
import { isUniqueViolation } from '#platform/database';
import { newId } from '#platform/core';
import type { DocumentRow } from './document.entity.js';
import { blobKey } from './blob-key.js';
import { type Accepted, DocumentService } from './document.service.js';
import { shownFile } from './shown-file.js';
import { SNIFFED_BYTES, cleanName, sniff } from './sniff.js';

export interface Upload {
  name: string | undefined;
  content: AsyncIterable<Uint8Array>;
}

/** Takes uploaded files in: stored under a name of ours, looked at, and recorded once however often the same bytes come. */
@Injectable()
export class FileService {
  constructor(
    private readonly documents: DocumentService,
    private readonly blobs: Blobs,
    private readonly http: HttpConfig,
  ) {}

  /** The same bytes again give the document that has them; one that failed is tried again. */
  async upload({ name: raw, content }: Upload): Promise<DocumentRow> {
    const id = newId();
    const name = cleanName(raw);
    const { bytes, sha256 } = await this.blobs.put(blobKey(id), content, { maxBytes: this.http.uploadLimit });
    const fingerprint = Buffer.from(sha256, 'hex');
    try {
      const kind = sniff(name, await this.head(id));
      const known = await this.documents.sameAs('upload', fingerprint);
      if (known) return await this.again(known, id);
      return await this.record({ id, kind: 'file', source: 'upload', name, ...kind, bytes, fingerprint });
    } catch (error) {
      await this.blobs.delete(blobKey(id));
      if (!isUniqueViolation(error)) throw error;
      return (await this.documents.sameAs('upload', fingerprint))!;
    }
  }

  @Audited('search.file.created', { detail: ({ name, bytes }: DocumentRow) => ({ name, bytes }), answer: shownFile })
  async record(document: Accepted): Promise<DocumentRow> {
    const [row] = await this.documents.accept([document]);
    return row!;
  }

  private async again(known: DocumentRow, spareId: string): Promise<DocumentRow> {
    await this.blobs.delete(blobKey(spareId));
    if (known.state !== 'failed') return known;
    await this.documents.renew(known.id);
    return this.documents.get('file', known.id);
  }

  private async head(id: string): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of await this.blobs.read(blobKey(id), { start: 0, end: SNIFFED_BYTES - 1 })) parts.push(part as Buffer);
    return Buffer.concat(parts);
  }
}
