import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One row per tenant and month: every answer checks and moves these counters, so that a check is one row and not a sum. */
@Entity({ schema: 'billing', name: 'meter' })
export class MeterRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('date') period: string;
  @Column('bigint') spentMicros: string;
  @Column('bigint') spentTokens: string;
  @Column('bigint') heldMicros: string;
  @Column('bigint') heldTokens: string;
  @Column('int') openHolds: number;
}
