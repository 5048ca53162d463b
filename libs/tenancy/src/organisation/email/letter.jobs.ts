import { defineJob } from '#platform/messaging';

const TRIES = { attempts: 8, backoffMs: 5_000, timeoutMs: 90_000, concurrency: 4 };

/** The letter of a ticket. What it says is decided when it is written, so that asking for it takes as long for every address. */
export const sendLetter = defineJob<{ ticketId: string }>('tenancy.send-letter', TRIES);

export const sendInvitation = defineJob<{ invitationId: string }>('tenancy.send-invitation', TRIES);

/** Whose work letters to persons are before any tenant is known: no tenant has this id. */
export const LOBBY = '00000000-0000-7000-8000-000000000002';
