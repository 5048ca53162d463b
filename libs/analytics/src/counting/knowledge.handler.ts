import { Injectable } from '@nestjs/common';
import { On, type Received } from '#platform/messaging';
import { documentFailed, documentIndexed, documentRemoved } from '#search';
import { CountingService } from './counting.service.js';

/** How the knowledge base grows and shrinks. A document that is replaced is indexed once more. */
@Injectable()
export class KnowledgeHandler {
  constructor(private readonly counting: CountingService) {}

  @On(documentIndexed, 'analytics.count-indexed')
  async indexed(event: Received<typeof documentIndexed>): Promise<void> {
    await this.counting.add(event, [{ metric: 'documents-indexed', dimension: event.data.kind, by: 1 }]);
  }

  @On(documentFailed, 'analytics.count-failed')
  async failed(event: Received<typeof documentFailed>): Promise<void> {
    await this.counting.add(event, [{ metric: 'documents-failed', dimension: event.data.reason, by: 1 }]);
  }

  @On(documentRemoved, 'analytics.count-removed')
  async removed(event: Received<typeof documentRemoved>): Promise<void> {
    await this.counting.add(event, [{ metric: 'documents-removed', dimension: event.data.kind, by: 1 }]);
  }
}
