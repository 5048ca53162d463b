import { Global, Module } from '@nestjs/common';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { Db } from '#platform/database';
import { createEmbedder, Egress, Embedder, EmbeddingConfig } from '#platform/adapters';
import { provideContract } from '#platform/core';
import { LocalEmitter } from '#platform/messaging';
import { tenantErased } from '#platform/privacy';
import { Search, searchContract } from './contract.js';
import { DocumentRow } from './document/document.entity.js';
import { DocumentService } from './document/document.service.js';
import { FileController } from './document/file.controller.js';
import { FileService } from './document/file.service.js';
import { FaqController } from './faq/faq.controller.js';
import { FaqService } from './faq/faq.service.js';
import { ArrivalHandler } from './ingest/arrival.handler.js';
import { IndexDocumentsJob } from './ingest/index-documents.job.js';
import { IndexStore } from './index/index.store.js';
import { Indexer } from './ingest/indexer.service.js';
import { DocumentProgress } from './ingest/document-progress.service.js';
import { OrphanFileCleanupJob } from './document/orphan-file-cleanup.job.js';
import { RefreshVectors } from './ingest/refresh-vectors.job.js';
import { documents } from './migrations/0001-documents.js';
import { index } from './migrations/0002-index.js';
import { grants } from './migrations/0020-grants.js';
import { readers } from './migrations/0030-readers.js';
import { queue } from './migrations/0040-queue.js';
import { Parser } from './prepare/parser.service.js';
import { LexicalSearch } from './retrieval/lexical-search.service.js';
import { PassageStore } from './index/passage.store.js';
import { Retrieval } from './retrieval/retrieval.service.js';
import { SearchController } from './retrieval/search.controller.js';
import { PgvectorIndex, ScanIndex, VectorIndex } from './index/vector-index.js';
import { VectorSearch } from './retrieval/vector-search.service.js';
import { WordRepair } from './retrieval/word-repair.service.js';
import { SearchConfig } from './search.config.js';
import { blobMap, dataMap } from './search.data.js';
import { SearchService } from './search.service.js';

const ingest = [Parser, Indexer, IndexStore, DocumentProgress, IndexDocumentsJob, RefreshVectors, OrphanFileCleanupJob, ArrivalHandler];
const retrieval = [PassageStore, WordRepair, LexicalSearch, VectorSearch, Retrieval];

@Global()
@Module({
  imports: [ContextModule.for('search')],
  controllers: [FileController, FaqController, SearchController],
  providers: [
    ...ingest,
    ...retrieval,
    DocumentService,
    FileService,
    FaqService,
    { provide: Embedder, inject: [EmbeddingConfig, Egress], useFactory: createEmbedder },
    {
      provide: VectorIndex,
      inject: [Db, SearchConfig, LocalEmitter],
      useFactory: (db: Db, config: SearchConfig, emitter: LocalEmitter) => {
        const index = db.server.vector ? new PgvectorIndex(db) : new ScanIndex(db, config.vectorMegabytes * 1_048_576);
        emitter.on(tenantErased, ({ tenantId }) => index.forget(tenantId));
        return index;
      },
    },
    ...provideContract(searchContract, SearchService),
  ],
  exports: [Search],
})
export class SearchModule {}

export const context: ContextWiring = {
  name: 'search',
  contract: searchContract,
  module: SearchModule,
  config: [SearchConfig, EmbeddingConfig],
  entities: [DocumentRow],
  migrations: [documents, index, grants, readers, queue],
  dataMap,
  blobMap,
};
