import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What the tenant's admins set; no row: the deployment's default. */
@Entity({ schema: 'billing', name: 'budget' })
export class BudgetRow {
  @PrimaryColumn('uuid') tenantId: string;

  /** Minor units a month; 0 stops all answers; null: no limit of cost. */
  @Column('bigint', { nullable: true }) monthlyLimit: string | null;

  /** Tokens a month, in and out; null: no limit of tokens. */
  @Column('bigint', { nullable: true }) monthlyTokens: string | null;
  @Column('timestamptz') updatedAt: Date;
}
