import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One row per tenant and month: every answer checks and moves these counters, so that a check is one row and not a sum. */
@Entity({ schema: 'billing', name: 'meter' })
export class MeterRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn({ type: 'date' })
  period: string;

  @Column({ name: 'spent_micros', type: 'bigint' })
  spentMicros: string;

  @Column({ name: 'spent_tokens', type: 'bigint' })
  spentTokens: string;

  @Column({ name: 'held_micros', type: 'bigint' })
  heldMicros: string;

  @Column({ name: 'held_tokens', type: 'bigint' })
  heldTokens: string;

  @Column({ name: 'open_holds', type: 'int' })
  openHolds: number;
}
