import type { DataMap } from '#kernel';

export const dataMap: DataMap = {
  'tenancy.identity': { what: 'persons of the whole deployment: e-mail, password hash', class: 'identity', kept: 'for good' },
  'tenancy.sign_in_attempt': { what: 'attempts to sign in; account and network as keyed hashes', class: 'activity', kept: '30 days' },
  'tenancy.signing_key': { what: 'keys that sign access tokens, private halves sealed: of no tenant', class: 'credential', kept: 'two periods of ATOLL_SIGNING_KEY_DAYS' },
  'tenancy.ticket': { what: 'links in letters: e-mail, purpose, a registration that waits for it', class: 'credential', kept: 'swept by the day once they have ended' },
  'tenancy.tenant': { what: 'the tenant: name, language, time zone, plan, state', class: 'configuration', kept: 'with the tenant' },
  'tenancy.tenant_settings': { what: 'every version of its settings, and who made it', class: 'configuration', person: ['changed_by'], kept: 'with the tenant' },
  'tenancy.membership': { what: 'its people: name, e-mail, role', class: 'identity', person: ['id', 'identity_id'], kept: 'with the tenant' },
  'tenancy.role': { what: 'roles of the tenant\'s own making: name, permissions', class: 'configuration', person: ['created_by'], kept: 'with the tenant' },
  'tenancy.session': { what: 'sign-ins, with device and last use', class: 'credential', person: ['member_id'], kept: '30 days after its end' },
  'tenancy.api_key': { what: 'keys for programs, hashed', class: 'credential', person: ['created_by'], kept: 'with the tenant, also when revoked' },
  'tenancy.invitation': { what: 'who is invited, by e-mail, and by whom', class: 'identity', person: ['invited_by', 'accepted_by'], kept: 'with the tenant' },
  'tenancy.totp': { what: 'authenticators of persons, secrets sealed: of no tenant', class: 'credential', person: ['identity_id'], kept: 'until the person takes it away' },
  'tenancy.recovery_code': { what: 'recovery codes of persons, as keyed hashes: of no tenant', class: 'credential', person: ['identity_id'], kept: 'until used or replaced' },
  'tenancy.sign_in_policy': { what: 'what the tenant asks of its people at sign-in', class: 'configuration', kept: 'with the tenant' },
  'tenancy.revocation': { what: 'notices that a session, key, member or the tenant ended or changed', class: 'derived', person: ['subject'], kept: 'a day' },
  'tenancy.audit_entry': { what: 'who did what, chained by hash', class: 'activity', person: ['actor_id', 'target'], kept: 'with the tenant; nothing in it is ever changed' },
  'tenancy.audit_head': { what: 'where the audit chain ends', class: 'derived', kept: 'with the tenant' },
};
