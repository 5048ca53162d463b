import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { AppError } from '#platform/core';

const ODD = /[^\p{L}\p{N}\p{M}.-]/u;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/** One spelling of a domain (punycode, lower case), or undefined where it is none. */
export function normalDomain(text: string): string | undefined {
  // What follows a slash or a colon would silently be cut off.
  const domain = text.length > 253 || ODD.test(text.trim()) ? '' : domainToASCII(text.trim().replace(/\.$/, '')).toLowerCase();
  const labels = domain.split('.');
  return domain.length <= 253 && labels.length >= 2 && isIP(domain) === 0 && labels.every((label) => LABEL.test(label)) ? domain
    : undefined;
}

export function assertDomain(text: string): string {
  const domain = normalDomain(text);
  if (!domain) throw new AppError('invalid', 'tenancy.domain', 'This is not a domain, so nothing was noted. Give one such as example.org.',
    { errors: [{ pointer: '/domain', detail: 'is not a domain' }] });
  return domain;
}

export function domainOf(email: string): string | undefined {
  return normalDomain(email.slice(email.lastIndexOf('@') + 1));
}
