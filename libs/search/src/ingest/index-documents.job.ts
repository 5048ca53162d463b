import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Blobs } from '#platform/adapters';
import { Job, type RunningJob } from '#platform/messaging';
import { errorData, logger } from '#platform/core';
import { blobKey } from '../document/blob-key.js';
import type { DocumentRow } from '../document/document.entity.js';
import { DocumentService } from '../document/document.service.js';
import { indexDocuments } from '../jobs.js';
import { DocumentBuilder } from '../parse/parsed-document.js';
import { Unreadable } from '../parse/unreadable.js';
import { Parser } from '../prepare/parser.service.js';
import { PART, prepare, type PreparedDocument } from '../prepare/prepare.js';
import { DocumentProgress } from './document-progress.service.js';
import { Indexer, type Read } from './indexer.service.js';

const log = logger('search');

/**
 * Indexes what waits. A first try writes many small documents together; what it could not write is tried again one by one, so that one
 * document holds up no other.
 */
@Injectable()
export class IndexDocumentsJob {
  constructor(
    private readonly blobs: Blobs,
    private readonly parser: Parser,
    private readonly documents: DocumentService,
    private readonly indexer: Indexer,
    private readonly progress: DocumentProgress,
  ) {}

  @Job(indexDocuments)
  async run(job: RunningJob<typeof indexDocuments>): Promise<void> {
    const { documents, again } = await this.progress.take(job.id);
    await (again ? this.oneByOne(documents, job) : this.together(documents, job.signal));
  }

  private async together(documents: DocumentRow[], signal: AbortSignal): Promise<void> {
    let read: Read[] = [];
    for (const document of documents) {
      try {
        read.push({ document, prepared: await this.read(document, signal) });
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        await this.progress.failed(document, error.reason, error.message);
      }
      if (passagesOf(read) < PART) continue;
      await this.indexer.index(read, signal);
      read = [];
    }
    await this.indexer.index(read, signal);
  }

  /** What the file itself is to blame for is final; anything else is tried again and becomes final with the last try. */
  private async oneByOne(documents: DocumentRow[], { signal, attempt, attempts }: RunningJob<typeof indexDocuments>): Promise<void> {
    const faults: unknown[] = [];
    for (const document of documents) {
      try {
        await this.together([document], signal);
      } catch (error) {
        signal.throwIfAborted();
        if (attempt < attempts) faults.push(error);
        else {
          log.error({ error, documentId: document.id }, 'a document could not be indexed');
          await this.progress.failed(document, 'internal', errorData(error).message);
        }
      }
    }
    if (faults.length > 0) throw faults[0];
  }

  private async read({ id, kind, name, format }: DocumentRow, signal: AbortSignal): Promise<PreparedDocument> {
    if (kind === 'file') return this.parser.read({ kind, name, format, bytes: await this.blobs.get(blobKey(id)) }, signal);
    // A FAQ has no file: its answer is its text, and short enough to be prepared here.
    const answer = await this.documents.text(id);
    await nextTurn();
    const builder = new DocumentBuilder(Infinity);
    builder.add('paragraph', answer);
    return prepare({ kind, name }, builder.build());
  }
}

function passagesOf(read: Read[]): number {
  return read.reduce((sum, { prepared }) => sum + prepared.parts.reduce((all, part) => all + part.passages.length, 0), 0);
}
