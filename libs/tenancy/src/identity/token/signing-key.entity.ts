import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { JWK } from 'jose';

/** A key that signs from `activeFrom` until its successor does. */
@Entity({ schema: 'tenancy', name: 'signing_key' })
export class SigningKeyRow {
  @PrimaryColumn('timestamptz') activeFrom: Date;

  /** RFC 7638 thumbprint of the public key. */
  @Column('text') kid: string;
  @Column('jsonb') publicKey: JWK;

  /** PKCS #8, sealed under the deployment's secret for this kid alone. */
  @Column('text') privateKey: string;
}
