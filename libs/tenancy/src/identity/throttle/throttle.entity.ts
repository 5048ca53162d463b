import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'tenancy', name: 'sign_in_attempt' })
export class SignInAttemptRow {
  @PrimaryColumn('uuid') id: string;
  @Column('text') account: string;
  @Column('text') address: string;
  @Column('boolean', { default: false }) succeeded: boolean;
  @Column('timestamptz', { default: () => 'now()' }) at: Date;
}
