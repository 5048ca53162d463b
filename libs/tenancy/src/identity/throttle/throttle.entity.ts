import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'tenancy', name: 'sign_in_attempt' })
export class SignInAttemptRow {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  account: string;

  @Column('text')
  address: string;

  @Column({ type: 'boolean', default: false })
  succeeded: boolean;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at: Date;
}
