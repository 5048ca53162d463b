import { AppError } from '#platform/core';
import { isEmail } from 'class-validator';

/** One spelling for one mailbox: trimmed, NFKC, lower case. Dots and +tags are left alone, they may be different people's. */
export function normalEmail(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase();
}

export function assertEmail(email: string): void {
  if (email.length > 254 || !isEmail(email)) {
    throw new AppError('invalid', 'tenancy.email', 'This is not an e-mail address. Check the spelling.',
      { errors: [{ pointer: '/email', detail: 'is not an e-mail address' }] });
  }
}
