import { Column, Entity } from 'typeorm';
import { NamedRow } from '../../access/tenant-row.entity.js';

/** Some people of a tenant under one name: what is granted to the team is granted to each of them. */
@Entity({ schema: 'tenancy', name: 'team' })
export class TeamRow extends NamedRow {
  /** The group of the directory that it follows. */
  @Column({ name: 'group_id', type: 'uuid', nullable: true })
  groupId: string | null;
}
