import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A notice that a session, key, member or tenant may no longer do what it could. Of use for seconds; kept for a day. */
@Entity({ schema: 'tenancy', name: 'revocation' })
export class RevocationRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') subject: string;
  @Column('timestamptz', { default: () => 'clock_timestamp()' }) at: Date;
}
