import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A person, once for the whole deployment. What a tenant knows of them stands in their membership there. */
@Entity({ schema: 'tenancy', name: 'identity' })
export class IdentityRow {
  @PrimaryColumn('uuid')
  id: string;

  /** Normalised: trimmed, NFKC, lower case. */
  @Column('text')
  email: string;

  /** Null where the person signs in by other means only. */
  @Column({ name: 'password_hash', type: 'text', nullable: true })
  passwordHash: string | null;

  @Column({ name: 'email_verified_at', type: 'timestamptz', nullable: true })
  emailVerifiedAt: Date | null;

  @Column({ name: 'password_changed_at', type: 'timestamptz', default: () => 'now()' })
  passwordChangedAt: Date;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
