import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The worst case of a run that is under way, set aside until the run reports what it used. */
@Entity({ schema: 'billing', name: 'hold' })
export class HoldRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') runId: string;

  /** First day of the month whose meter it was held against. */
  @Column('date') period: string;
  @Column('bigint') costMicros: string;
  @Column('bigint') tokens: string;
  @Column('timestamptz') expiresAt: Date;
}
