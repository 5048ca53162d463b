import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from '../../contract.js';

/** A person in one tenant. Its id is the user id there: another tenant of the same person knows another one. */
@Entity({ schema: 'tenancy', name: 'membership' })
export class MembershipRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') identityId: string;
  @Column('text') email: string;
  @Column('text') name: string;

  /** Language tag; null: the tenant's. */
  @Column('text', { nullable: true }) locale: string | null;
  @Column('text') role: Role;

  /** A role of the tenant's own making, in place of the fixed one. */
  @Column('uuid', { nullable: true }) customRoleId: string | null;
  @Column('text', { default: 'active' }) status: 'active' | 'suspended';
  @Column('timestamptz', { default: () => 'now()' }) joinedAt: Date;
}
