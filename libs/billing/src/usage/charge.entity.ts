import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What one run really used. Written once, never changed. */
@Entity({ schema: 'billing', name: 'charge' })
export class ChargeRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn({ name: 'run_id', type: 'uuid' })
  runId: string;

  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  @Column({ type: 'text' })
  model: string;

  @Column({ type: 'char', length: 3 })
  currency: string;

  @Column({ name: 'cost_micros', type: 'bigint' })
  costMicros: string;

  @Column({ name: 'input_tokens', type: 'int' })
  inputTokens: number;

  @Column({ name: 'cached_tokens', type: 'int' })
  cachedTokens: number;

  @Column({ name: 'output_tokens', type: 'int' })
  outputTokens: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
