import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { toBase62 } from './base62.js';

/** 256 random bits. */
export function newSecret(): string {
  return toBase62(randomBytes(32));
}

/** Plain SHA-256 will do: there is nothing to guess in 256 random bits that a slow hash would slow down. */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

export function isSecretOf(hash: string, secret: string): boolean {
  return timingSafeEqual(Buffer.from(hash), Buffer.from(secretHash(secret)));
}
