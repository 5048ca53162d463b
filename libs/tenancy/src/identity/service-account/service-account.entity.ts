import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from '../../contract.js';

/** A program that works for the tenant under its own name: no password, no session, only keys. */
@Entity({ schema: 'tenancy', name: 'service_account' })
export class ServiceAccountRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;

  /** One of these three says what it may do. */
  @Column('text', { nullable: true }) role: Role | null;
  @Column('uuid', { name: 'custom_role_id', nullable: true }) roleId: string | null;
  @Column('text', { array: true, nullable: true }) permissions: string[] | null;
  @Column('text', { default: 'active' }) status: 'active' | 'disabled';
  @Column('uuid') createdBy: string;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
  @Column('timestamptz', { nullable: true }) deletedAt: Date | null;
}
