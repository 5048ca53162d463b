import { Column, Entity, PrimaryColumn } from 'typeorm';

/** `register`: a person who is to be made · `verify`: the address of one who is known · `reset`: a new password · `email`: a new address of one who is known · `moved`: tells the former address of it, and opens nothing. */
export type OneTimeTokenPurpose = 'register' | 'verify' | 'reset' | 'email' | 'moved';

/** What a registration waits with until its address is proven. */
export interface PendingRegistration {
  tenantId: string;
  tenantName: string;
  name: string;
  passwordHash: string;
  locale?: string;
  timeZone?: string;
}

/** What the link of one letter may do, once. Its text is an HMAC over this row and is stored nowhere. */
@Entity({ schema: 'tenancy', name: 'ticket' })
export class OneTimeTokenRow {
  @PrimaryColumn('uuid') id: string;
  @Column('text') purpose: OneTimeTokenPurpose;
  @Column('text') email: string;
  @Column('text') seed: string;
  @Column('jsonb', { nullable: true }) registration: PendingRegistration | null;

  /** Whose address it shall become. */
  @Column('uuid', { nullable: true }) identityId: string | null;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
  @Column('timestamptz') expiresAt: Date;
  @Column('timestamptz', { nullable: true }) usedAt: Date | null;
}
