import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'memory', name: 'fact' })
export class FactRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') ownerId: string;
  @Column('text') text: string;

  /** The text without case and punctuation: the same thing said twice is one fact. */
  @Column('text') normalised: string;

  /** What the fact is about (`my name`); a new fact about it replaces this one. Null: facts that add up. */
  @Column('text', { nullable: true }) subject: string | null;
  @Column('text') source: 'told' | 'learned';
  @Column('timestamptz') createdAt: Date;
}
