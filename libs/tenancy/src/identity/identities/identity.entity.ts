import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A person, once for the whole deployment. What a tenant knows of them stands in their membership there. */
@Entity({ schema: 'tenancy', name: 'identity' })
export class IdentityRow {
  @PrimaryColumn('uuid') id: string;

  /** Normalised: trimmed, NFKC, lower case. */
  @Column('text') email: string;

  /** Null where the person signs in by other means only. */
  @Column('text', { nullable: true }) passwordHash: string | null;
  @Column('timestamptz', { nullable: true }) emailVerifiedAt: Date | null;
  @Column('timestamptz', { default: () => 'now()' }) passwordChangedAt: Date;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
}
