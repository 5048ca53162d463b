import { defineEvent } from '#kernel';
import type { Role } from './contract.js';

/** The tenant of each event is its envelope's. */
export const tenantCreated = defineEvent<{ name: string; plan: string; locale: string; timeZone: string; ownerId: string }>('tenancy.tenant-created', 1);

export const memberJoined = defineEvent<{ userId: string; role: Role }>('tenancy.member-joined', 1);

/** A person signed in with their password (a refresh is not one). */
export const signedIn = defineEvent<{ userId: string; sessionId: string }>('tenancy.signed-in', 1);

/** `reuse`: a refresh token that was already used came back, so the whole family was closed. */
export const sessionRevoked = defineEvent<{ userId: string; sessionId: string; reason: 'signed-out' | 'reuse' }>('tenancy.session-revoked', 1);

export const apiKeyCreated = defineEvent<{ keyId: string; name: string }>('tenancy.api-key-created', 1);

export const apiKeyRevoked = defineEvent<{ keyId: string }>('tenancy.api-key-revoked', 1);
