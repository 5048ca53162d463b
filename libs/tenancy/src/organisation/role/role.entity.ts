import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A role that a tenant made of permissions; the fixed ones are no rows (access/roles.ts). */
@Entity({ schema: 'tenancy', name: 'role' })
export class RoleRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  name: string;

  @Column({ type: 'text', array: true })
  permissions: string[];

  @Column({ name: 'created_by', type: 'uuid' })
  createdBy: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
