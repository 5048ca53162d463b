import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'tenancy', name: 'api_key' })
export class ApiKeyRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('text') secretHash: string;
  @Column('text', { array: true }) scopes: string[];

  /** Whose work it does; neither: the tenant's own. */
  @Column('uuid', { nullable: true }) memberId: string | null;
  @Column('uuid', { nullable: true }) accountId: string | null;
  @Column('int', { nullable: true }) ratePerMinute: number | null;
  @Column('uuid') createdBy: string;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
  @Column('timestamptz', { nullable: true }) expiresAt: Date | null;
  @Column('timestamptz', { nullable: true }) lastUsedAt: Date | null;
  @Column('timestamptz', { nullable: true }) revokedAt: Date | null;
}
