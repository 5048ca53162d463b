import { AppError } from '#kernel';

/** One text for every reason, so that a refusal tells nothing about what exists. */
export function credentialRefused(): AppError {
  return new AppError('unauthenticated', 'tenancy.credential-refused', 'This token or key opens nothing: it is unknown, has ended or was revoked. Sign in again, or use another key.');
}
