import { contract } from '#platform/core';
import type { Principal } from '#platform/http';

export { AgentDirectory, KnownAgentGuard } from './agents.js';

export type Role = 'owner' | 'admin' | 'member' | 'viewer';

export interface Tenant {
  id: string;
  name: string;
  /** BCP 47 tag, `en` unless chosen. */
  locale: string;
  /** IANA name: days and months of reports, budgets and schedules are this zone's. */
  timeZone: string;
  plan: string;
  status: 'active' | 'suspended';
  /** When the plan, which is on trial, falls back to the free one; null: it stays. */
  trialEndsAt: string | null;
  createdAt: string;
}

/**
 * A person as one tenant knows them. `id` is that membership's own: the same person has another one elsewhere, so ids never link tenants.
 */
export interface Member {
  id: string;
  name: string;
  email: string;
  /** BCP 47 tag; null: the tenant's. */
  locale: string | null;
  role: Role;
  /** The tenant's own role they have in place of the fixed one, which is `viewer` then. */
  roleId: string | null;
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

/** How a tenant's pages, widget and e-mails look. */
export interface Branding {
  /** Shown instead of the tenant's name; null: its name. */
  displayName: string | null;
  /** https. */
  logoUrl: string | null;
  /** `#rrggbb`. */
  primaryColor: string;
  accentColor: string;
  /** Where e-mails tell people to turn to. */
  supportEmail: string | null;
}

/** Days after which rows end, by what they are; null: as long as the deployment keeps them. */
export interface Retention {
  /** Since the last message. */
  conversationDays: number | null;
  /** Answers with their logs and judgements. */
  runDays: number | null;
  /** What each answer cost. */
  usageDays: number | null;
  /** Events and counts by day. */
  analyticsDays: number | null;
}

/** What a tenant sets for itself, whole: what it never set has its default. */
export interface TenantSettings {
  branding: Branding;
  retention: Retention;
}

export interface AuditVerdict {
  tenantId: string;
  whole: boolean;
  /** Entries that were found in order. */
  entries: number;
  /** The last sequence that a checkpoint outside of the database has seen; 0: none was taken yet. */
  witnessed: number;
  witnessedAt: string | null;
  firstBad: { sequence: number; what: string } | null;
}

/**
 * Who is there, whose work a credential speaks for, and what it may do. Outside `authenticate`, `register` and `tenants` the tenant is the
 * caller's own.
 */
export abstract class Tenancy {
  /**
   * Reads an access token or an API key and checks it against the database as it is now: session, membership, key and tenant. Throws
   * `unauthenticated` without saying which of them failed. Whoever caches the answer may do so for 5 seconds at most.
   */
  abstract authenticate(credential: { scheme: 'bearer'; token: string }): Promise<Principal>;
  /**
   * Sessions, keys, members and tenants that ended or changed in the last `seconds` (at most 300), in all tenants: what a process closes
   * streams by.
   */
  abstract ended(ask: { seconds: number }): Promise<{ id: string; subject: string }[]>;
  abstract tenant(): Promise<Tenant>;
  abstract settings(): Promise<TenantSettings>;
  /** Shuts the caller's tenant: nothing opens it after 5 seconds. `reason` is for its audit log. */
  abstract suspend(ask: { reason: string }): Promise<Tenant>;
  abstract resume(): Promise<Tenant>;
  /** With `trialEndsAt` (ISO 8601) the plan falls back to `free` then. */
  abstract choosePlan(ask: { plan: string; trialEndsAt?: string }): Promise<Tenant>;
  /** The operator vouches that an e-mail domain is the caller's tenant's: its people belong there from then on. */
  abstract captureDomain(ask: { domain: string }): Promise<{ domain: string; verifiedAt: string | null }>;
  /** Those of `ids` (at most 200) who are members; unknown and foreign ids are left out alike. */
  abstract members(ask: { ids: string[] }): Promise<Member[]>;
  /** Makes a tenant and its owner. A person known already proves it with their password and gets one more tenant. */
  abstract register(entry: NewTenant): Promise<{ tenantId: string; userId: string }>;
  /** Makes a key of the caller's tenant; `key` is shown here and never again. Scopes beyond the caller's own permissions are refused. */
  abstract createApiKey(entry: { name: string; scopes: string[]; expiresAt?: string }): Promise<{ id: string; key: string }>;
  /** Makes an operator of the deployment, who belongs to no tenant. For the command line. */
  abstract addOperator(entry: { email: string; name: string; password: string }): Promise<{ id: string; email: string; name: string }>;
  /** Ends all that an operator may. False where there was none. */
  abstract removeOperator(ask: { email: string }): Promise<boolean>;
  /**
   * Every active tenant (with `suspended` also those) in the order of their ids, a page at a time: for crons that work through all tenants.
   */
  abstract tenants(page: { after?: string; limit: number; suspended?: boolean }): Promise<Tenant[]>;
  /** Walks along the caller's tenant's whole audit chain. */
  abstract verifyAudit(): Promise<AuditVerdict>;
}

export const tenancyContract = contract('tenancy', Tenancy, {
  authenticate: { kind: 'query', deadlineMs: 5_000, anonymous: true },
  ended: { kind: 'query', deadlineMs: 5_000, anonymous: true },
  tenant: 'query',
  settings: 'query',
  suspend: 'command',
  resume: 'command',
  choosePlan: 'command',
  captureDomain: 'command',
  members: 'query',
  register: { kind: 'command', deadlineMs: 30_000, anonymous: true },
  createApiKey: 'command',
  addOperator: { kind: 'command', deadlineMs: 30_000, anonymous: true },
  removeOperator: { kind: 'command', deadlineMs: 30_000, anonymous: true },
  tenants: { kind: 'query', deadlineMs: 10_000, anonymous: true },
  verifyAudit: { kind: 'query', deadlineMs: 600_000 },
});
