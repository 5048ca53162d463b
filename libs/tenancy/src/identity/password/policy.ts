import { AppError } from '#platform/core';
import { COMMON_PASSWORDS } from './common.js';

export const PASSWORD_MIN_CHARACTERS = 10;
/** Refused above, never cut: a password that is silently shortened is another password. */
export const PASSWORD_MAX_BYTES = 1_024;
const MIN_DISTINCT = 5;

/** One form for what looks and types the same (NFKC, as NIST SP 800-63B advises), so that é typed on another keyboard still signs in. */
export function normalPassword(password: string): string {
  return password.normalize('NFKC');
}

/** Whether it could be anybody's password at all; what fails here is refused without hashing, whoever it is for. */
export function plausiblePassword(password: unknown): password is string {
  return typeof password === 'string' && password.length > 0 && password.length <= PASSWORD_MAX_BYTES &&
    Buffer.byteLength(normalPassword(password)) <= PASSWORD_MAX_BYTES;
}

/** Length and known-bad words, no rules of composition (NIST SP 800-63B §3.1.1.2). Throws what is wrong with it. */
export function assertGoodPassword(password: string, email: string): void {
  if (password.length > PASSWORD_MAX_BYTES || !plausiblePassword(password)) throw weak(`is longer than ${PASSWORD_MAX_BYTES} bytes`);
  const normal = normalPassword(password);
  const characters = [...normal];
  if (characters.length < PASSWORD_MIN_CHARACTERS) throw weak(`is shorter than ${PASSWORD_MIN_CHARACTERS} characters`);
  const folded = normal.toLowerCase();
  if (new Set(characters).size < MIN_DISTINCT) throw weak(`has fewer than ${MIN_DISTINCT} different characters`);
  if (COMMON_PASSWORDS.has(folded) || COMMON_PASSWORDS.has(folded.replace(/[^\p{L}\p{N}]+$/u, '')))
    throw weak('is among the passwords that attackers try first');
  if (folded === email.toLowerCase() || folded === email.toLowerCase().split('@')[0]) throw weak('is the e-mail address');
}

export function weak(fault: string): AppError {
  return new AppError('invalid', 'tenancy.weak-password',
    `This password ${fault}. Choose another one of at least ${PASSWORD_MIN_CHARACTERS} characters; a few random words do well.`, {
    errors: [{ pointer: '/password', detail: fault }],
  });
}
