import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A notice that a session, key, member or tenant may no longer do what it could. Of use for seconds; kept for a day. */
@Entity({ schema: 'tenancy', name: 'revocation' })
export class RevocationRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  subject: string;

  @Column({ type: 'timestamptz', default: () => 'clock_timestamp()' })
  at: Date;
}
