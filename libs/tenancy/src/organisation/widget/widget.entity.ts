import { Column, Entity } from 'typeorm';
import { NamedRow } from '../../access/tenant-row.entity.js';

/** A place on somebody's web pages where visitors talk with one agent. */
@Entity({ schema: 'tenancy', name: 'widget' })
export class WidgetRow extends NamedRow {
  @Column({ name: 'agent_id', type: 'uuid' })
  agentId: string;

  /** Pages it may stand on: scheme, host and port. */
  @Column({ type: 'text', array: true })
  origins: string[];

  @Column({ type: 'text', default: 'active' })
  status: 'active' | 'disabled';

  @Column({ name: 'per_minute', type: 'int' })
  perMinute: number;

  @Column({ name: 'per_visitor_minute', type: 'int' })
  perVisitorMinute: number;

  @Column({ type: 'int', default: 1 })
  generation: number;

  @Column('text')
  seed: string;
}
