import { AppError } from '#platform/core';

/**
 * Where a sign-in returns to, whole: a path of the deployment, or an address at one of the allowed origins. Parsed as a browser would
 * before it is compared, so `//evil.example`, `/\evil.example` and tabs inside are what they are there.
 */
export function returnAddress(asked: string | undefined, base: string, origins: readonly string[]): string {
  const url = URL.canParse(asked ?? '/', base) ? new URL(asked ?? '/', base) : undefined;
  const allowed = [new URL(base).origin, ...origins];
  if (!url || url.username !== '' || url.password !== '' || !allowed.includes(url.origin)) {
    throw new AppError('invalid', 'tenancy.return-address',
      'A sign-in returns to this deployment or to an origin its operator allows (ATOLL_SIGN_IN_ORIGINS), so this one was not begun. ' +
        'Give a path such as /chat.', { errors: [{ pointer: '/returnTo', detail: 'is at no allowed origin' }] });
  }
  url.hash = '';
  return url.href;
}
