import { Column, Entity } from 'typeorm';
import { NamedRow } from '../../access/tenant-row.entity.js';

/** A role that a tenant made of permissions; the fixed ones are no rows (access/roles.ts). */
@Entity({ schema: 'tenancy', name: 'role' })
export class RoleRow extends NamedRow {
  @Column({ type: 'text', array: true })
  permissions: string[];

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
