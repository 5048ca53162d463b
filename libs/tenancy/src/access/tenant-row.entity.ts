import { Column, PrimaryColumn } from 'typeorm';

/** A row behind a tenant's wall: its key begins with the tenant. */
export abstract class TenantOwnedRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn('uuid')
  id: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}

/** What somebody of the tenant made and named. */
export abstract class NamedRow extends TenantOwnedRow {
  @Column('text')
  name: string;

  @Column({ name: 'created_by', type: 'uuid' })
  createdBy: string;
}
