import { Injectable } from '@nestjs/common';
import { Blobs } from '#platform/adapters';
import { Job, type RunningJob } from '#platform/messaging';
import { errorData, logger } from '#platform/core';
import { blobKey } from '../document/blob-key.js';
import type { DocumentRow } from '../document/document.entity.js';
import { indexDocuments } from '../jobs.js';
import type { ParsedDocument } from '../parse/parsed-document.js';
import { Parser } from '../parse/parser.service.js';
import { Unreadable } from '../parse/unreadable.js';
import { Indexer } from './indexer.service.js';
import { DocumentProgress } from './document-progress.service.js';

const log = logger('search');

@Injectable()
export class IndexDocumentsJob {
  constructor(
    private readonly blobs: Blobs,
    private readonly parser: Parser,
    private readonly indexer: Indexer,
    private readonly progress: DocumentProgress,
  ) {}

  @Job(indexDocuments)
  async run(job: RunningJob<typeof indexDocuments>): Promise<void> {
    const { documentIds } = job.data;
    for (const [at, id] of documentIds.entries()) {
      // Not there: removed meanwhile, or done by an earlier try of this job.
      const document = await this.progress.claim(id);
      if (document) await this.index(document, job);
      job.progress((at + 1) / documentIds.length);
    }
  }

  /** What the file itself is to blame for is final; anything else is tried again and becomes final with the last try. */
  private async index(document: DocumentRow, job: RunningJob<typeof indexDocuments>): Promise<void> {
    try {
      const parsed = await this.read(document, job.signal);
      await this.progress.parsed(document);
      const indexed = await this.indexer.index(document, parsed, job.signal);
      await job.once(() => this.progress.indexed(document, parsed, indexed), document.id);
    } catch (error) {
      if (error instanceof Unreadable) await job.once(() => this.progress.failed(document, error.reason, error.message), document.id);
      else if (job.attempt >= job.attempts && !job.signal.aborted) {
        log.error({ error, documentId: document.id }, 'a document could not be indexed');
        await job.once(() => this.progress.failed(document, 'internal', errorData(error).message), document.id);
      } else throw error;
    }
  }

  private async read(document: DocumentRow, signal: AbortSignal): Promise<ParsedDocument> {
    if (document.kind === 'file') return this.parser.parse(document.format, await this.blobs.get(blobKey(document.id)), signal);
    return this.indexer.answerOf(document);
  }
}
