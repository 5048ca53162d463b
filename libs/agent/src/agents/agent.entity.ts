import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AgentProfile } from '../contract.js';

@Entity({ schema: 'agent', name: 'agent' })
export class AgentRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;

  /** Unique in its tenant: the `model` OpenAI clients name. */
  @Column('text') handle: string;
  @Column('text') instructions: string;
  @Column('text', { nullable: true }) model: string | null;
  @Column('real', { nullable: true }) temperature: number | null;
  @Column('boolean') knowledge: boolean;
  @Column('boolean') memory: boolean;
  @Column('boolean') isDefault: boolean;

  /** Whom it is granted to; null: everybody. */
  @Column('uuid', { array: true, nullable: true }) grantedTo: string[] | null;
  @Column('timestamptz') createdAt: Date;
  @Column('timestamptz') updatedAt: Date;
}

export function toProfile({ tenantId: _tenant, grantedTo: _grants, createdAt, updatedAt, ...profile }: AgentRow): AgentProfile {
  return { ...profile, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
