import { Injectable } from '@nestjs/common';
import { Cron } from '#platform/messaging';
import { Db } from '#platform/database';
import { Embedder } from '#platform/adapters';
import { asService, logger } from '#platform/core';
import { DocumentService } from '../document/document.service.js';

const log = logger('search');
/** Documents taken up at a tick: a changed embedder is caught up with in the background, not in one rush. */
const AT_A_TICK = 200;
const SERVICE = '00000000-0000-7000-8000-000000000000';

/**
 * After the embedding model was changed, documents whose vectors are of another one are indexed again; until then they are found by their
 * words.
 */
@Injectable()
export class RefreshVectors {
  constructor(
    private readonly db: Db,
    private readonly embedder: Embedder,
    private readonly documents: DocumentService,
  ) {}

  @Cron('search.refresh-vectors', '*/2 * * * *')
  async refresh(): Promise<void> {
    if (!this.embedder.semantic) return;
    const stale = await this.db.systemQuery<{ tenantId: string; id: string }>(
      'vectors of a former embedding model are made anew, tenant by tenant',
      `select tenant_id as "tenantId", id from search.document where state = 'ready' and embedder is distinct from $1 order by ` +
        `indexed_at limit $2`,
      [this.embedder.name, AT_A_TICK],
    );
    for (const { tenantId, id } of stale) {
      await asService(tenantId, SERVICE, () => this.documents.renew(id));
    }
    if (stale.length > 0) log.info({ documents: stale.length, embedder: this.embedder.name },
      'documents of a former embedding model are indexed again');
  }
}
