import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Some people of a tenant under one name: what is granted to the team is granted to each of them. */
@Entity({ schema: 'tenancy', name: 'team' })
export class TeamRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;

  /** The group of the directory that it follows. */
  @Column('uuid', { nullable: true }) groupId: string | null;
  @Column('uuid') createdBy: string;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
}
