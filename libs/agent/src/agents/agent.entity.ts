import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AgentProfile } from '../contract.js';

@Entity({ schema: 'agent', name: 'agent' })
export class AgentRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  /** Unique in its tenant: the `model` OpenAI clients name. */
  @Column({ type: 'text' })
  handle: string;

  @Column({ type: 'text' })
  instructions: string;

  @Column({ type: 'text', nullable: true })
  model: string | null;

  @Column({ type: 'real', nullable: true })
  temperature: number | null;

  @Column({ type: 'boolean' })
  knowledge: boolean;

  @Column({ type: 'boolean' })
  memory: boolean;

  @Column({ name: 'is_default', type: 'boolean' })
  isDefault: boolean;

  /** Whom it is granted to; null: everybody. */
  @Column({ name: 'granted_to', type: 'uuid', array: true, nullable: true })
  grantedTo: string[] | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}

export function toProfile({ tenantId: _tenant, grantedTo: _grants, createdAt, updatedAt, ...profile }: AgentRow): AgentProfile {
  return { ...profile, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
