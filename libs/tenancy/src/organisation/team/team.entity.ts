import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Some people of a tenant under one name: what is granted to the team is granted to each of them. */
@Entity({ schema: 'tenancy', name: 'team' })
export class TeamRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  name: string;

  /** The group of the directory that it follows. */
  @Column({ name: 'group_id', type: 'uuid', nullable: true })
  groupId: string | null;

  @Column({ name: 'created_by', type: 'uuid' })
  createdBy: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
