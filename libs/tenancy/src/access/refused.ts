import { AppError } from '#platform/core';

/** One text for every reason, so that a refusal tells nothing about what exists. */
export function credentialRefused(): AppError {
  return new AppError('unauthenticated', 'tenancy.credential-refused',
    'This token or key opens nothing: it is unknown, has ended or was revoked. Sign in again, or use another key.');
}

/** The same for the link of an e-mail, whatever is wrong with it. */
export function linkRefused(): AppError {
  return new AppError('gone', 'tenancy.link-refused',
    'This link opens nothing: it was used, has ended, was withdrawn or is not whole. Ask for a new letter.');
}
