import { AppError } from '#platform/core';

export function unknownProvider(): AppError {
  return new AppError('not-found', 'tenancy.no-such-issuer',
    'There is no such way to sign in: it was never set up, was taken away or is switched off. Choose another one.');
}

/** Every reason alike: who tries with somebody else's answer learns nothing. */
export function flowRefused(): AppError {
  return new AppError('forbidden', 'tenancy.sign-in-not-begun',
    'Nobody was signed in: this sign-in was not begun in this browser, was finished already, or took longer than ten minutes. Begin it ' +
      'again.');
}

export function issuerRefused(detail: string, cause?: unknown): AppError {
  return new AppError('forbidden', 'tenancy.issuer-refused',
    `Nobody was signed in: ${detail}. Begin again; if it stays so, tell whoever runs that issuer.`, { cause });
}

export function issuerUnreachable(cause: unknown): AppError {
  return new AppError('unavailable', 'tenancy.issuer-unreachable',
    'Nobody was signed in: the issuer does not answer as an OpenID Connect issuer. Try again in a minute; if it stays so, check its ' +
      'address.', { cause });
}

export function badIssuer(detail: string): AppError {
  return new AppError('invalid', 'tenancy.issuer', `The issuer was not set up: it ${detail}.`,
    { errors: [{ pointer: '/issuer', detail }] });
}

/** A new person at a door that nobody opened for them. */
export function notExpected(): AppError {
  return new AppError('forbidden', 'tenancy.not-expected',
    'The issuer knows you, but no tenant expects you here. Ask an administrator for an invitation to the address of that account, or ' +
      'sign in with the account you were invited with.');
}

export function emailNotConfirmed(): AppError {
  return new AppError('forbidden', 'tenancy.issuer-email',
    'Nobody was signed in: the issuer does not confirm that your e-mail address is yours. Confirm it there, or ask your administrator.');
}
