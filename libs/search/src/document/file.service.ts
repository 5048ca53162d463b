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

  /**
   * The same bytes again give the document that has them; one that failed is tried again. Other bytes under a name that is there are that
   * document's next version, which takes the place of the former once it is read.
   */
  async upload({ name: raw, content }: Upload): Promise<DocumentRow> {
    const id = newId();
    const name = cleanName(raw);
    const { bytes, sha256 } = await this.blobs.put(blobKey(id), content, { maxBytes: this.http.uploadLimit });
    const fingerprint = Buffer.from(sha256, 'hex');
    try {
      const file = { name, ...sniff(name, await this.head(id)), bytes, fingerprint };
      const known = await this.documents.sameAs('upload', fingerprint);
      const former = await this.documents.uploadNamed(name);
      if (known) return await this.again(known, id, former);
      if (former) return await this.replaced(former, id, file);
      return await this.record({ id, kind: 'file', source: 'upload', ...file });
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

  @Audited('search.file.replaced', { detail: ({ name, bytes, version }: DocumentRow) => ({ name, bytes, version }) })
  async recordReplaced(id: string, file: Omit<Accepted, 'id' | 'kind' | 'source'>): Promise<DocumentRow> {
    await this.documents.renew(id, file);
    return this.documents.get('file', id);
  }

  /** The file first: a row whose bytes are the former ones would be read as the new version. */
  private async replaced(former: DocumentRow, spareId: string, file: Omit<Accepted, 'id' | 'kind' | 'source'>): Promise<DocumentRow> {
    await this.blobs.put(blobKey(former.id), await this.blobs.read(blobKey(spareId)));
    const row = await this.recordReplaced(former.id, file);
    await this.blobs.delete(blobKey(spareId));
    return row;
  }

  /** A former version under the same name gives way to the document that has these bytes already. */
  private async again(known: DocumentRow, spareId: string, former: DocumentRow | undefined): Promise<DocumentRow> {
    await this.blobs.delete(blobKey(spareId));
    if (former && former.id !== known.id) await this.documents.remove(former.id, 'file');
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
