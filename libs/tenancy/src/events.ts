import { defineEvent } from '#platform/messaging';
import type { Role } from './contract.js';

/** The tenant of each event is its envelope's. */
export const tenantCreated = defineEvent<{ name: string; plan: string; locale: string; timeZone: string;
  ownerId: string }>('tenancy.tenant-created', 1);

export const tenantChanged = defineEvent<{ name: string; locale: string; timeZone: string }>('tenancy.tenant-changed', 1);

export const tenantSuspended = defineEvent<{ reason: string }>('tenancy.tenant-suspended', 1);

export const tenantResumed = defineEvent<Record<string, never>>('tenancy.tenant-resumed', 1);

export const planChanged = defineEvent<{ plan: string; previous: string; reason: 'chosen' | 'trial-ended' }>('tenancy.plan-changed', 1);

export const memberJoined = defineEvent<{ userId: string; role: Role }>('tenancy.member-joined', 1);

/** A person signed in, with their password or at an issuer (a refresh is not one). */
export const signedIn = defineEvent<{ userId: string; sessionId: string }>('tenancy.signed-in', 1);

/**
 * Why a session ended. `password`: the person has another one now; `issuer-ended`: the issuer it began at was switched off; `deactivated`:
 * so was the member.
 */
export type SessionEnd = 'signed-out' | 'reuse' | 'password' | 'issuer-ended' | 'deactivated';

/** `reuse`: a refresh token that was already used came back, so the whole family was closed. */
export const sessionRevoked = defineEvent<{ userId: string; sessionId: string; reason: SessionEnd }>('tenancy.session-revoked', 1);

export const apiKeyCreated = defineEvent<{ keyId: string; name: string }>('tenancy.api-key-created', 1);

export const apiKeyRevoked = defineEvent<{ keyId: string }>('tenancy.api-key-revoked', 1);

/** The e-mail is on its way; the invited address stays in the tenant's own list. */
export const invitationCreated = defineEvent<{ invitationId: string; role: Role }>('tenancy.invitation-created', 1);

export const invitationRevoked = defineEvent<{ invitationId: string }>('tenancy.invitation-revoked', 1);

/** A role of the tenant's own making was made, changed or deleted. */
export const roleChanged = defineEvent<{ roleId: string; change: 'created' | 'changed' | 'deleted' }>('tenancy.role-changed', 1);

/** A member has another role: a fixed one, or with `roleId` one of the tenant's own. */
export const memberRoleChanged = defineEvent<{ userId: string; role: Role; roleId: string | null }>('tenancy.member-role-changed', 1);

/** A team was made, renamed or deleted with its grants. */
export const teamChanged = defineEvent<{ teamId: string; change: 'created' | 'changed' | 'deleted' }>('tenancy.team-changed', 1);

/** A service account was made, changed (its rights, or whether it is disabled) or deleted with its keys. */
export const serviceAccountChanged = defineEvent<{ accountId: string;
  change: 'created' | 'changed' | 'deleted' }>('tenancy.service-account-changed', 1);
