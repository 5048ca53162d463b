import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A role that a tenant made of permissions; the fixed ones are no rows (access/roles.ts). */
@Entity({ schema: 'tenancy', name: 'role' })
export class RoleRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('text', { array: true }) permissions: string[];
  @Column('uuid') createdBy: string;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
  @Column('timestamptz', { default: () => 'now()' }) updatedAt: Date;
}
