import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: '{{name}}', name: 'entry' })
export class EntryRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') text: string;
  @Column('timestamptz') createdAt: Date;
}
