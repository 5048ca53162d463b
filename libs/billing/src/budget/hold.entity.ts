import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The worst case of a run that is under way, set aside until the run reports what it used. */
@Entity({ schema: 'billing', name: 'hold' })
export class HoldRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn({ name: 'run_id', type: 'uuid' })
  runId: string;

  /** First day of the month whose meter it was held against. */
  @Column({ type: 'date' })
  period: string;

  @Column({ name: 'cost_micros', type: 'bigint' })
  costMicros: string;

  @Column({ type: 'bigint' })
  tokens: string;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}
