import { AppError } from '#platform/core';
import { isEmail, registerDecorator } from 'class-validator';

const MOST_CHARACTERS = 254;
/** Line ends and whatever else is not seen, also where trimming would take it away. */
const UNSEEN = /\p{C}/u;
/** Local parts in quotes may hold line ends, blanks and further @; nobody has such a mailbox, and headers and logs break on them. */
const ODD = /[\s"(),:;<>[\]\\]/;

/** One spelling for one mailbox: trimmed, NFKC, lower case. Dots and +tags are left alone, they may be different people's. */
export function normalEmail(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase();
}

/** The normal spelling of an address; undefined for all else. The one place that says what an address is. */
export function emailOf(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > MOST_CHARACTERS || UNSEEN.test(text)) return undefined;
  const email = normalEmail(text);
  return email.length <= MOST_CHARACTERS && !ODD.test(email) && isEmail(email) ? email : undefined;
}

/** The normal spelling, or a refusal. */
export function toEmail(text: string): string {
  const email = emailOf(text);
  if (email !== undefined) return email;
  throw new AppError('invalid', 'tenancy.email', 'This is not an e-mail address. Check the spelling.',
    { errors: [{ pointer: '/email', detail: 'is not an e-mail address' }] });
}

/** For fields of a body. */
export function IsMailbox(): PropertyDecorator {
  return (target, propertyName) => registerDecorator({
    name: 'isMailbox', target: target.constructor, propertyName: String(propertyName),
    validator: {
      validate: (value: unknown) => emailOf(value) !== undefined,
      defaultMessage: () => `${String(propertyName)} must be an email`,
    },
  });
}
