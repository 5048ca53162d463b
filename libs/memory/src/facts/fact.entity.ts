import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'memory', name: 'fact' })
export class FactRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ name: 'owner_id', type: 'uuid' })
  ownerId: string;

  @Column({ type: 'text' })
  text: string;

  /** The text without case and punctuation: the same thing said twice is one fact. */
  @Column({ type: 'text' })
  normalised: string;

  /** What the fact is about (`my name`); a new fact about it replaces this one. Null: facts that add up. */
  @Column({ type: 'text', nullable: true })
  subject: string | null;

  @Column({ type: 'text' })
  source: 'told' | 'learned';

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
