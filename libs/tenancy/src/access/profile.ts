import { AppError } from '#platform/core';

/** What a tenant is called, and how it writes and reckons. */
export interface TenantProfile {
  name: string;
  locale: string;
  timeZone: string;
}

/** The fields that are given, each in its one spelling; refuses what no tenant can be called or set to. */
export function changedProfile({ name, locale: tag, timeZone: zone }: Partial<TenantProfile>): Partial<TenantProfile> {
  return { ...(name !== undefined && { name: oneLine(name, 'name') }), ...(tag !== undefined && { locale: locale(tag) }),
    ...(zone !== undefined && { timeZone: timeZone(zone) }) };
}

/** A name as people write it: no line breaks or control characters, 1 to 120 characters. */
export function oneLine(text: string, field: string): string {
  const name = text.normalize('NFC').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  if (name.length === 0 || name.length > 120) throw bad(field, 'must be 1 to 120 visible characters');
  return name;
}

export function locale(tag = 'en'): string {
  try {
    return Intl.getCanonicalLocales(tag)[0]!;
  } catch {
    throw bad('locale', 'must be a language tag such as en or de-AT');
  }
}

/** As it was written, not as V8 would rather call it (Asia/Katmandu); offsets such as +01:00 are no zones, they know no summer time. */
export function timeZone(name = 'UTC'): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    if (/^[A-Za-z]/.test(name)) return name;
  } catch {
    // Told below.
  }
  throw bad('timeZone', 'must be an IANA time zone such as Europe/Vienna');
}

function bad(field: string, detail: string): AppError {
  return new AppError('invalid', 'tenancy.tenant-profile', `The ${field} is not acceptable: it ${detail}.`,
    { errors: [{ pointer: `/${field}`, detail }] });
}
