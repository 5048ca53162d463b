import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A place on somebody's web pages where visitors talk with one agent. */
@Entity({ schema: 'tenancy', name: 'widget' })
export class WidgetRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('uuid') agentId: string;

  /** Pages it may stand on: scheme, host and port. */
  @Column('text', { array: true }) origins: string[];
  @Column('text', { default: 'active' }) status: 'active' | 'disabled';
  @Column('int') perMinute: number;
  @Column('int') perVisitorMinute: number;
  @Column('int', { default: 1 }) generation: number;
  @Column('text') seed: string;
  @Column('uuid') createdBy: string;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
}
