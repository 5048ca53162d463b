import { Column, Entity } from 'typeorm';
import { NamedRow } from '../../access/tenant-row.entity.js';

@Entity({ schema: 'tenancy', name: 'api_key' })
export class ApiKeyRow extends NamedRow {
  @Column({ name: 'secret_hash', type: 'text' })
  secretHash: string;

  @Column({ type: 'text', array: true })
  scopes: string[];

  /** Whose work it does; neither: the tenant's own. */
  @Column({ name: 'member_id', type: 'uuid', nullable: true })
  memberId: string | null;

  @Column({ name: 'account_id', type: 'uuid', nullable: true })
  accountId: string | null;

  @Column({ name: 'rate_per_minute', type: 'int', nullable: true })
  ratePerMinute: number | null;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  lastUsedAt: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;
}
