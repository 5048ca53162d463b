import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What one run really used. Written once, never changed. */
@Entity({ schema: 'billing', name: 'charge' })
export class ChargeRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') runId: string;
  @Column('uuid') userId: string;
  @Column('text') model: string;
  @Column('char', { length: 3 }) currency: string;
  @Column('bigint') costMicros: string;
  @Column('int') inputTokens: number;
  @Column('int') cachedTokens: number;
  @Column('int') outputTokens: number;

  /** The tenant's own day on which it was used. */
  @Column('date') day: string;
  @Column('timestamptz') createdAt: Date;
}
