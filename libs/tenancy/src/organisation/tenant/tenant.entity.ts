import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'tenancy', name: 'tenant' })
export class TenantRow {
  /** The tenant's own id: its row is the first one behind its wall. */
  @PrimaryColumn('uuid') tenantId: string;
  @Column('text') name: string;
  @Column('text') locale: string;
  @Column('text') timeZone: string;
  @Column('text', { default: 'free' }) plan: string;
  @Column('text', { default: 'active' }) status: 'active' | 'suspended';
  @Column('text', { nullable: true }) suspendedReason: string | null;

  /** When the plan falls back to the free one; null: it stays. */
  @Column('timestamptz', { nullable: true }) trialEndsAt: Date | null;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
}
