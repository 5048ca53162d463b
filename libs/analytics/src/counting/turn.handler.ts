import { Injectable } from '@nestjs/common';
import { feedbackGiven, turnCompleted } from '#agent';
import { On, type Received } from '#platform/messaging';
import { type Count, CountingService } from './counting.service.js';
import { DocumentNameService } from './document-name.service.js';
import { bucketOf } from './histogram.js';

type Turn = Required<typeof turnCompleted>['data'];

/** Questions, answers and what people thought of them. */
@Injectable()
export class TurnHandler {
  constructor(
    private readonly counting: CountingService,
    private readonly documents: DocumentNameService,
  ) {}

  @On(turnCompleted, 'analytics.count-turn')
  async count(event: Received<typeof turnCompleted>): Promise<void> {
    await this.counting.add(event, countsOf(event.data));
    await this.documents.seen(event.data.cited.map(({ documentId, documentName }) => ({ id: documentId, name: documentName })));
  }

  /** A changed mind takes its first judgement back on the day of the change. */
  @On(feedbackGiven, 'analytics.count-feedback')
  async judge(event: Received<typeof feedbackGiven>): Promise<void> {
    const { rating, previous } = event.data;
    await this.counting.add(event, [one('feedback', rating), ...(previous ? [{ ...one('feedback', previous), by: -1 }] : [])]);
  }
}

/** Latency is that of whole answers; a cancelled one says nothing about speed. */
function countsOf(turn: Turn): Count[] {
  const whole = turn.outcome === 'answered' || turn.outcome === 'unknown';
  return [
    one('turns', turn.outcome),
    one('user', turn.userId),
    ...(turn.conversationId ? [one('conversation', turn.conversationId)] : []),
    ...(whole ? [one('latency', String(bucketOf(turn.latencyMs)))] : []),
    ...(turn.firstTokenMs === null ? [] : [one('first-token', String(bucketOf(turn.firstTokenMs)))]),
    { metric: 'tokens-in', dimension: turn.model, by: turn.tokensIn },
    { metric: 'tokens-cached', dimension: turn.model, by: turn.tokensCached },
    { metric: 'tokens-out', dimension: turn.model, by: turn.tokensOut },
    ...[...new Set(turn.cited.map(({ documentId }) => documentId))].map((id) => one('cited', id)),
  ];
}

function one(metric: Count['metric'], dimension: string): Count {
  return { metric, dimension, by: 1 };
}
