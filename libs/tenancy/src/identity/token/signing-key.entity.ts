import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { JWK } from 'jose';

/** A key that signs from `activeFrom` until its successor does. */
@Entity({ schema: 'tenancy', name: 'signing_key' })
export class SigningKeyRow {
  @PrimaryColumn({ name: 'active_from', type: 'timestamptz' })
  activeFrom: Date;

  /** RFC 7638 thumbprint of the public key. */
  @Column('text')
  kid: string;

  @Column({ name: 'public_key', type: 'jsonb' })
  publicKey: JWK;

  /** PKCS #8, sealed under the deployment's secret for this kid alone. */
  @Column({ name: 'private_key', type: 'text' })
  privateKey: string;
}
