/**
 * `register`: a person who is to be made · `verify`: the address of one who is known · `reset`: a new password · `email`: a new address
 * of one who is known · `moved`: tells the former address of it, and opens nothing.
 */
export type OneTimeTokenPurpose = 'register' | 'verify' | 'reset' | 'email' | 'moved';

/** What a registration waits with until its address is proven. */
export interface PendingRegistration {
  tenantId: string;
  tenantName: string;
  name: string;
  passwordHash: string;
  locale?: string;
  timeZone?: string;
}

/** What the link of one e-mail may do, once. Its text is an HMAC over this row (`tenancy.ticket`) and is stored nowhere. */
export interface OneTimeToken {
  id: string;
  purpose: OneTimeTokenPurpose;
  email: string;
  seed: string;
  registration: PendingRegistration | null;
  /** Whose address it shall become. */
  identityId: string | null;
}
