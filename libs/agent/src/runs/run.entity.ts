import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ErrorData } from '#platform/core';
import type { Degraded, Run, RunOutcome, RunStatus } from '../contract.js';

@Entity({ schema: 'agent', name: 'run' })
export class RunRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') status: RunStatus;
  @Column('text', { nullable: true }) outcome: RunOutcome | null;
  @Column('uuid', { nullable: true }) conversationId: string | null;
  @Column('uuid', { nullable: true }) questionId: string | null;
  /** The question, until the run has ended: by then it stands in its conversation. */
  @Column('text', { nullable: true }) question: string | null;
  @Column('uuid') messageId: string;
  @Column('uuid') agentId: string;

  /** The actor who asked; nobody else of the tenant reads the run. */
  @Column('uuid') userId: string;

  /** For the process that may have to end it (`sealScope`). */
  @Column('text') sealedScope: string;
  @Column('text') model: string;
  @Column('boolean') offline: boolean;
  @Column('text', { array: true }) degraded: Degraded[];
  @Column('int') inputTokens: number;
  @Column('int') outputTokens: number;
  @Column('int') cachedTokens: number;
  @Column('boolean') estimated: boolean;
  @Column('int', { nullable: true }) firstTokenMs: number | null;
  @Column('int', { nullable: true }) latencyMs: number | null;
  @Column('jsonb', { nullable: true }) error: ErrorData | null;

  /** The process that writes it, and until when it counts as alive. */
  @Column('uuid') owner: string;
  @Column('timestamptz') leaseUntil: Date;
  @Column('boolean') cancelRequested: boolean;
  @Column('timestamptz') startedAt: Date;
  @Column('timestamptz', { nullable: true }) finishedAt: Date | null;
}

export function toRun(row: RunRow): Run {
  const { id, status, outcome, conversationId, messageId, agentId, model, offline, degraded, firstTokenMs, latencyMs, error } = row;
  const { inputTokens, outputTokens, cachedTokens, estimated } = row;
  return {
    id, status, outcome, conversationId, messageId, agentId, model, offline, degraded, firstTokenMs, latencyMs, error,
    usage: { inputTokens, outputTokens, cachedTokens, estimated },
    startedAt: row.startedAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}
