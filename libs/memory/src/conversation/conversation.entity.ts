import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'memory', name: 'conversation' })
export class ConversationRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;

  /** The actor (user or key) whose conversation it is; nobody else of the tenant reads it. */
  @Column('uuid') ownerId: string;
  @Column('uuid', { nullable: true }) agentId: string | null;
  @Column('text', { nullable: true }) title: string | null;

  /** Place of the last message: the next one takes the next place, under this row's lock. */
  @Column('int') messageCount: number;
  @Column('timestamptz') createdAt: Date;
  @Column('timestamptz') updatedAt: Date;
}
