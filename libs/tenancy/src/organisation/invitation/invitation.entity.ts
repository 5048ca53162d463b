import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Secrets } from '#platform/core';
import type { Role } from '../../contract.js';
import { formatCredential } from '../../access/credential.js';

/** A place in a tenant that waits for the reader of one mailbox. */
@Entity({ schema: 'tenancy', name: 'invitation' })
export class InvitationRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') email: string;
  @Column('text') role: Role;
  @Column('text') seed: string;

  /** Member or API key. */
  @Column('uuid') invitedBy: string;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
  @Column('timestamptz') expiresAt: Date;
  @Column('timestamptz', { nullable: true }) acceptedAt: Date | null;
  @Column('uuid', { nullable: true }) acceptedBy: string | null;
  @Column('timestamptz', { nullable: true }) revokedAt: Date | null;
}

const PURPOSE = 'tenancy.invitation';

type Signed = Pick<InvitationRow, 'tenantId' | 'id' | 'email' | 'role' | 'seed'>;

/** The text of an invitation, made anew for its e-mail and stored nowhere: an HMAC over tenant, address and role. */
export function invitationText(secrets: Secrets, row: Signed): string {
  return formatCredential('ati', { tenantId: row.tenantId, id: row.id, number: 0, secret: secrets.sign(PURPOSE, material(row)) });
}

export function isInvitationSecret(secrets: Secrets, row: Signed, secret: string): boolean {
  return secrets.verify(PURPOSE, material(row), secret);
}

function material({ tenantId, id, email, role, seed }: Signed): string {
  return JSON.stringify([tenantId, id, email, role, seed]);
}
