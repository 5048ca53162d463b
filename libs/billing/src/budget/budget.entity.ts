import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What the tenant's admins set; no row: the deployment's default. */
@Entity({ schema: 'billing', name: 'budget' })
export class BudgetRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  /** Minor units a month; 0 stops all answers; null: no limit of cost. */
  @Column({ name: 'monthly_limit', type: 'bigint', nullable: true })
  monthlyLimit: string | null;

  /** Tokens a month, in and out; null: no limit of tokens. */
  @Column({ name: 'monthly_tokens', type: 'bigint', nullable: true })
  monthlyTokens: string | null;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
