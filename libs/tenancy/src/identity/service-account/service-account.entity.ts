import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from '../../contract.js';

/** A program that works for the tenant under its own name: no password, no session, only keys. */
@Entity({ schema: 'tenancy', name: 'service_account' })
export class ServiceAccountRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  name: string;

  /** One of these three says what it may do. */
  @Column({ type: 'text', nullable: true })
  role: Role | null;

  @Column({ name: 'custom_role_id', type: 'uuid', nullable: true })
  roleId: string | null;

  @Column({ type: 'text', array: true, nullable: true })
  permissions: string[] | null;

  @Column({ type: 'text', default: 'active' })
  status: 'active' | 'disabled';

  @Column({ name: 'created_by', type: 'uuid' })
  createdBy: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt: Date | null;
}
