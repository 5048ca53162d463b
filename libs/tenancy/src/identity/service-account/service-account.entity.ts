import { Column, Entity } from 'typeorm';
import type { Role } from '../../contract.js';
import { NamedRow } from '../../access/tenant-row.entity.js';

/** A program that works for the tenant under its own name: no password, no session, only keys. */
@Entity({ schema: 'tenancy', name: 'service_account' })
export class ServiceAccountRow extends NamedRow {
  /** One of these three says what it may do. */
  @Column({ type: 'text', nullable: true })
  role: Role | null;

  @Column({ name: 'custom_role_id', type: 'uuid', nullable: true })
  roleId: string | null;

  @Column({ type: 'text', array: true, nullable: true })
  permissions: string[] | null;

  @Column({ type: 'text', default: 'active' })
  status: 'active' | 'disabled';

  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt: Date | null;
}
