import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * RFC 8176 words: a password, a code of an authenticator or a recovery code, several factors seen by a trusted issuer; and `sso`: an
 * issuer.
 */
export type SignInMethod = 'pwd' | 'otp' | 'mfa' | 'sso';

/** Whether there was a second factor. */
export function isStrong(methods: readonly SignInMethod[]): boolean {
  return methods.includes('otp') || methods.includes('mfa');
}

/**
 * One sign-in of a member, and its family of refresh tokens: a token is HMAC(seed, generation), so no token needs a row of its own, and
 * the one row decides which generation is alive.
 */
@Entity({ schema: 'tenancy', name: 'session' })
export class SessionRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') memberId: string;
  @Column('int', { default: 1 }) generation: number;
  @Column('text') seed: string;

  /** Which client refreshed last, as a keyed hash: it alone may ask again where the answer was lost. */
  @Column('text', { nullable: true }) client: string | null;

  /** The last generation whose access token was seen here, so whose answer has surely arrived. */
  @Column('int', { default: 0 }) seenGeneration: number;

  /** What the browser or program called itself. */
  @Column('text', { nullable: true }) device: string | null;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
  @Column('timestamptz', { default: () => 'now()' }) rotatedAt: Date;

  /** Moves on with every refresh, up to `endsAt`. */
  @Column('timestamptz') expiresAt: Date;
  @Column('timestamptz') endsAt: Date;

  /** How the person proved to be themselves. */
  @Column('text', { array: true, default: () => `'{pwd}'` }) methods: SignInMethod[];

  /** The tenant's own issuer that spoke for the person: such a session is theirs in this tenant only. */
  @Column('uuid', { nullable: true }) providerId: string | null;
  @Column('timestamptz', { nullable: true }) revokedAt: Date | null;
  @Column('text', { nullable: true }) revokedReason: string | null;
}
