import { type Principal, speaksFor } from '../request/principal.js';
import type { Allowance } from './principal-quotas.js';

/** A verified credential with what the hot path needs beside it. */
export interface VerifiedCaller {
  principal: Principal;
  allowances: Allowance[];
  /** On the process's own clock (`performance.now()`); never later than the credential's own end. */
  freshUntil: number;
}

/** A credential that was revoked is refused everywhere after this time at the latest. */
const TOKEN_CACHE_MS = 5_000;

/**
 * Verified tokens, so that a signature or a database look-up is paid once in 5 seconds instead of once a request. Two generations instead
 * of a list in order of use: a hit is one look-up, and a full generation drops the older one whole. Tokens stay in memory only.
 */
export class TokenCache {
  private young = new Map<string, VerifiedCaller>();
  private old = new Map<string, VerifiedCaller>();

  constructor(private readonly maxEntries = 20_000) {}

  get(token: string, now: number): VerifiedCaller | undefined {
    const entry = this.young.get(token) ?? this.old.get(token);
    return entry !== undefined && entry.freshUntil > now ? entry : undefined;
  }

  set(token: string, principal: Principal, allowances: Allowance[], now: number): VerifiedCaller {
    const entry = { principal: frozen(principal), allowances,
      freshUntil: now + Math.min(TOKEN_CACHE_MS, (principal.expiresAt ?? Infinity) - Date.now()) };
    if (this.young.size >= this.maxEntries / 2) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(token, entry);
    return entry;
  }

  /** Forgets the tokens of these sessions, keys, members or tenants. */
  forget(subjects: ReadonlySet<string>): void {
    for (const generation of [this.young, this.old]) {
      for (const [token, { principal }] of generation) if (speaksFor(principal, subjects)) generation.delete(token);
    }
  }

  /** Forgets what is stale, so that tokens of callers who left do not stay in memory. */
  sweep(): void {
    this.old = this.young;
    this.young = new Map();
  }
}

/** One principal is shared by all requests of its token: none of them may change it. */
function frozen(principal: Principal): Principal {
  Object.freeze(principal.actor.permissions);
  Object.freeze(principal.actor.roles);
  Object.freeze(principal.actor.teams);
  Object.freeze(principal.actor);
  return Object.freeze(principal);
}
