import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ErrorData } from '#platform/core';
import type { Degraded, Run, RunOutcome, RunStatus } from '../contract.js';

@Entity({ schema: 'agent', name: 'run' })
export class RunRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  status: RunStatus;

  @Column({ type: 'text', nullable: true })
  outcome: RunOutcome | null;

  @Column({ name: 'conversation_id', type: 'uuid', nullable: true })
  conversationId: string | null;

  @Column({ name: 'question_id', type: 'uuid', nullable: true })
  questionId: string | null;

  @Column({ name: 'message_id', type: 'uuid' })
  messageId: string;

  @Column({ name: 'agent_id', type: 'uuid' })
  agentId: string;

  /** The actor who asked; nobody else of the tenant reads the run. */
  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  /** For the process that may have to end it (`sealScope`). */
  @Column({ name: 'sealed_scope', type: 'text' })
  sealedScope: string;

  @Column({ type: 'text' })
  model: string;

  @Column({ type: 'boolean' })
  offline: boolean;

  @Column({ type: 'text', array: true })
  degraded: Degraded[];

  @Column({ name: 'input_tokens', type: 'int' })
  inputTokens: number;

  @Column({ name: 'output_tokens', type: 'int' })
  outputTokens: number;

  @Column({ name: 'cached_tokens', type: 'int' })
  cachedTokens: number;

  @Column({ type: 'boolean' })
  estimated: boolean;

  @Column({ name: 'first_token_ms', type: 'int', nullable: true })
  firstTokenMs: number | null;

  @Column({ name: 'latency_ms', type: 'int', nullable: true })
  latencyMs: number | null;

  @Column({ type: 'jsonb', nullable: true })
  error: ErrorData | null;

  /** The process that writes it, and until when it counts as alive. */
  @Column({ type: 'uuid' })
  owner: string;

  @Column({ name: 'lease_until', type: 'timestamptz' })
  leaseUntil: Date;

  @Column({ name: 'cancel_requested', type: 'boolean' })
  cancelRequested: boolean;

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
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
