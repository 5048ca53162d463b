import { Injectable } from '@nestjs/common';
import { SignJWT, errors, jwtVerify } from 'jose';
import { CoreConfig, isId, newId } from '#platform/core';
import { TenancyConfig } from '../../tenancy.config.js';
import { SigningKeyService, TOKEN_ALGORITHM } from './signing-key.service.js';

export const TOKEN_AUDIENCE = 'atoll-api';
const TOKEN_TYPE = 'at+jwt';
/** Ours take about 400 characters; what is longer is not looked at. */
const MOST_CHARACTERS = 2_048;
const CLOCK_SKEW_SECONDS = 5;
const KID = /^[A-Za-z0-9_-]{43}$/;

/** Whose session an access token speaks for. What they may do is not in it: that is read from the database, so it can change at once. */
export interface AccessClaims {
  tenantId: string;
  userId: string;
  sessionId: string;
  /** The generation of the session's refresh tokens with which it was issued. */
  generation: number;
}

/** Access tokens: RFC 9068 JWTs, Ed25519, checked strictly. Proves who signed; whether the session still lives is for the caller to see. */
@Injectable()
export class AccessTokenService {
  constructor(
    private readonly keys: SigningKeyService,
    private readonly config: TenancyConfig,
    private readonly core: CoreConfig,
  ) {}

  get seconds(): number {
    return this.config.accessTokenSeconds;
  }

  async issue({ tenantId, userId, sessionId, generation }: AccessClaims): Promise<string> {
    const { kid, key } = await this.keys.current();
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ tid: tenantId, sid: sessionId, gen: generation })
      .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid, typ: TOKEN_TYPE })
      .setIssuer(this.issuer)
      .setAudience(TOKEN_AUDIENCE)
      .setSubject(userId)
      .setJti(newId())
      .setIssuedAt(now)
      .setExpirationTime(now + this.seconds)
      .sign(key);
  }

  /**
   * Undefined for whatever we did not sign for this use, whatever is wrong with it. Keys named inside the token (jwk, jku, x5c) are never
   * used.
   */
  async read(token: string): Promise<(AccessClaims & { expiresAt: number }) | undefined> {
    if (token.length > MOST_CHARACTERS) return undefined;
    try {
      const { payload } = await jwtVerify(
        token,
        async ({ kid }) => (typeof kid === 'string' && KID.test(kid) ? await this.keys.verifier(kid) : undefined) ?? noKey(),
        {
          algorithms: [TOKEN_ALGORITHM],
          issuer: this.issuer,
          audience: TOKEN_AUDIENCE,
          typ: TOKEN_TYPE,
          clockTolerance: CLOCK_SKEW_SECONDS,
          maxTokenAge: this.seconds + CLOCK_SKEW_SECONDS,
          requiredClaims: ['sub', 'tid', 'sid', 'jti', 'gen'],
        },
      );
      const { sub, tid, sid, gen, aud, iat, exp } = payload;
      // What the RFC allows (a list of audiences, fractions of a second) and we never issue.
      if (aud !== TOKEN_AUDIENCE || ![iat, exp, gen].every(Number.isSafeInteger)) return undefined;
      return isId(sub) && isId(tid) && isId(sid)
        ? { tenantId: tid, userId: sub, sessionId: sid, generation: gen as number, expiresAt: exp! * 1_000 } : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  private get issuer(): string {
    return this.core.publicUrl ?? 'urn:atoll';
  }
}

function noKey(): never {
  throw new errors.JWKSNoMatchingKey();
}
