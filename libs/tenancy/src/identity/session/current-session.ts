import { AppError, current } from '#platform/core';
import type { Principal } from '#platform/http';

/** The session of the calling person. Keys have none. */
export function currentSession(): { sessionId: string; userId: string } {
  const { actor, credentialId } = current() as Partial<Principal> & Pick<Principal, 'actor'>;
  if (actor.kind !== 'user' || actor.key !== undefined || credentialId === undefined) {
    throw new AppError('forbidden', 'tenancy.person-needed',
      'This is for people who signed in; a key has no session and no profile. Use an access token.');
  }
  return { sessionId: credentialId, userId: actor.id };
}
