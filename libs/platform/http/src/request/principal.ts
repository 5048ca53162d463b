import { AppError, current, type Scope } from '#platform/core';

/** How much a caller may ask for beside the deployment's own quota for every credential. */
export interface PrincipalQuota {
  /** What the headers call it: `key`, `user`, `tenant`… */
  name: string;
  /** Who is counted together under that name; the tenant comes on top. */
  id: string;
  /** 0: no limit. */
  perMinute: number;
  /** Only routes marked `@RateClass` with this word; without it, all. */
  routes?: string;
}

/** A verified caller: whose work it is, and by which credential. */
export interface Principal extends Scope {
  /** Id of the session or API key, never the secret itself: key of rate limits, and of revocation. */
  credentialId: string;
  /** Epoch milliseconds after which the credential is void, where it has an end. */
  expiresAt?: number;
  /** Narrowest first: what a narrow one refuses takes nothing of the wider ones. */
  quotas?: PrincipalQuota[];
  /** Web origin the credential is bound to (`https://shop.example`): from any other page it opens nothing. */
  origin?: string;
}

/**
 * Turns a credential into its principal, or throws an `unauthenticated` AppError. Implemented by tenancy and bound to this token; the
 * edge remembers an answer for at most 5 seconds, so a revoked credential is refused everywhere within that time.
 */
export abstract class Authenticator {
  abstract authenticate(credential: { scheme: 'bearer'; token: string }): Promise<Principal>;
  /**
   * What ended or changed in the last `seconds`, in all tenants: `subject` is the id of a session, key, member or tenant, `id` the notice's
   * own. Asked every 2 seconds while streams are open; who answers nothing has streams that outlive their credentials.
   */
  ended?(ask: { seconds: number }): Promise<{ id: string; subject: string }[]>;
}

/** Whether a caller is one of these sessions, keys, members or tenants. */
export function speaksFor({ tenantId, actor, credentialId }: Pick<Principal, 'tenantId' | 'actor' | 'credentialId'>,
  subjects: ReadonlySet<string>): boolean {
  return subjects.has(credentialId) || subjects.has(actor.id) || subjects.has(tenantId);
}

/** The verified caller of the running request; throws outside one. Jobs and events have a scope, but no credential. */
export function currentPrincipal(): Principal {
  const scope = current() as Partial<Principal> & Scope;
  if (scope.credentialId === undefined) throw new AppError('internal', 'kernel.no-credential',
    'This code needs a request with a credential and ran in a job, event or call. This is a bug in Atoll.');
  return scope as Principal;
}

/**
 * The web page a request comes from: its Origin, or where browsers leave that out the Referer's. A page cannot change what its browser says
 * of it.
 */
export function requestOrigin({ origin, referer }: { origin?: string; referer?: string }): string | undefined {
  if (origin !== undefined) return origin;
  return referer !== undefined && URL.canParse(referer) ? new URL(referer).origin : undefined;
}
