import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: '{{name}}', name: 'entry' })
export class EntryRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  text: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
