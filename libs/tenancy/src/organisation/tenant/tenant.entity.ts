import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'tenancy', name: 'tenant' })
export class TenantRow {
  /** The tenant's own id: its row is the first one behind its wall. */
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @Column('text')
  name: string;

  @Column('text')
  locale: string;

  @Column({ name: 'time_zone', type: 'text' })
  timeZone: string;

  @Column({ type: 'text', default: 'free' })
  plan: string;

  @Column({ type: 'text', default: 'active' })
  status: 'active' | 'suspended';

  @Column({ name: 'suspended_reason', type: 'text', nullable: true })
  suspendedReason: string | null;

  /** When the plan falls back to the free one; null: it stays. */
  @Column({ name: 'trial_ends_at', type: 'timestamptz', nullable: true })
  trialEndsAt: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
