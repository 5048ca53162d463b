import { contract, type Principal } from '#kernel';

export type Role = 'owner' | 'admin' | 'member' | 'viewer';

export interface Tenant {
  id: string;
  name: string;
  /** BCP 47 tag, `en` unless chosen. */
  locale: string;
  /** IANA name: days and months of reports, budgets and schedules are this zone's. */
  timeZone: string;
  plan: string;
  createdAt: string;
}

/** A person as one tenant knows them. `id` is that membership's own: the same person has another one elsewhere, so ids never link tenants. */
export interface Member {
  id: string;
  name: string;
  email: string;
  role: Role;
  joinedAt: string;
}

export interface NewTenant {
  /** Made by the caller; repeating it with the same person changes nothing. Left out, a fresh one is made. */
  tenantId?: string;
  tenantName: string;
  name: string;
  email: string;
  password: string;
  locale?: string;
  timeZone?: string;
}

/** Who is there, whose work a credential speaks for, and what it may do. Outside `authenticate`, `register` and `tenants` the tenant is the caller's own. */
export abstract class Tenancy {
  /**
   * Reads an access token or an API key and checks it against the database as it is now: session, membership, key and tenant. Throws
   * `unauthenticated` without saying which of them failed. Whoever caches the answer may do so for 5 seconds at most.
   */
  abstract authenticate(credential: { scheme: 'bearer'; token: string }): Promise<Principal>;
  abstract tenant(): Promise<Tenant>;
  /** Those of `ids` (at most 200) who are members; unknown and foreign ids are left out alike. */
  abstract members(ask: { ids: string[] }): Promise<Member[]>;
  /** Makes a tenant and its owner. A person known already proves it with their password and gets one more tenant. */
  abstract register(entry: NewTenant): Promise<{ tenantId: string; userId: string }>;
  /** Makes a key of the caller's tenant; `key` is shown here and never again. Scopes beyond the caller's own permissions are refused. */
  abstract createApiKey(entry: { name: string; scopes: string[]; expiresAt?: string }): Promise<{ id: string; key: string }>;
  /** Every active tenant in the order of their ids, a page at a time: for crons that work through all tenants. */
  abstract tenants(page: { after?: string; limit: number }): Promise<Tenant[]>;
}

export const tenancyContract = contract('tenancy', Tenancy, {
  authenticate: { kind: 'query', deadlineMs: 5_000, anonymous: true },
  tenant: 'query',
  members: 'query',
  register: { kind: 'command', deadlineMs: 30_000, anonymous: true },
  createApiKey: 'command',
  tenants: { kind: 'query', deadlineMs: 10_000, anonymous: true },
});
