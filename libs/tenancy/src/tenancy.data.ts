import type { BlobMap, DataMap } from '#platform/privacy';
import type { Db } from '#platform/database';
import { newId } from '#platform/core';

/**
 * Members are persons of this deployment, known by their address; one that it does not know yet gets an account without a password,
 * which an e-mail resets.
 */
async function knownPersons(db: Db, rows: Record<string, unknown>[]): Promise<void> {
  const emails = rows.map(({ email }) => String(email));
  const known = await db.system('an import brings members, who are persons of the deployment', async () => {
    await db.query('insert into tenancy.identity (id, email) select id, email from unnest($1::uuid[], $2::text[]) as person (id, email) ' +
      'on conflict (email) do nothing', [emails.map(() => newId()), emails]);
    return db.query<{ id: string; email: string }>('select id, email from tenancy.identity where email = any ($1)', [emails]);
  });
  const ids = new Map(known.map(({ id, email }) => [email, id]));
  for (const row of rows) row.identity_id = ids.get(String(row.email));
}

export const dataMap: DataMap = {
  'tenancy.identity': { what: 'persons of the whole deployment: e-mail, password hash', class: 'identity', life: 'shared',
    kept: 'for good' },
  'tenancy.sign_in_attempt': { what: 'attempts to sign in; account and network as keyed hashes', class: 'activity', life: 'shared',
    kept: '30 days' },
  'tenancy.signing_key': { what: 'keys that sign access tokens, private halves sealed: of no tenant', class: 'credential', life: 'shared',
    kept: 'two periods of ATOLL_SIGNING_KEY_DAYS' },
  'tenancy.ticket': {
    what: 'one-time tokens in e-mails: address, purpose, a registration that waits for it',
    class: 'credential',
    life: 'shared',
    person: { identity_id: 'own' },
    kept: 'swept by the day once they have ended',
  },
  'tenancy.tenant': { what: 'the tenant: name, language, time zone, plan, state', class: 'configuration', life: 'moves',
    without: { status: 'suspended', suspended_reason: 'it is being imported' }, kept: 'with the tenant' },
  'tenancy.tenant_settings': { what: 'every version of its settings, and who made it', class: 'configuration', life: 'moves',
    person: { changed_by: 'named' }, kept: 'with the tenant' },
  'tenancy.membership': { what: 'its people: name, e-mail, role', class: 'identity', life: 'moves',
    person: { id: 'own', identity_id: 'own' }, without: { identity_id: null }, arriving: knownPersons, kept: 'with the tenant' },
  'tenancy.role': { what: 'roles of the tenant\'s own making: name, permissions', class: 'configuration', life: 'moves',
    person: { created_by: 'named' }, kept: 'with the tenant' },
  'tenancy.session': { what: 'sign-ins, with device and last use', class: 'credential', life: 'stays', person: { member_id: 'own' },
    kept: '30 days after its end' },
  'tenancy.api_key': { what: 'keys for programs, hashed', class: 'credential', life: 'stays',
    person: { created_by: 'named', member_id: 'own' }, kept: 'with the tenant, also when revoked' },
  'tenancy.service_account': { what: 'accounts of programs: name, role or permissions', class: 'configuration', life: 'moves',
    person: { created_by: 'named' }, kept: 'with the tenant, also when deleted' },
  'tenancy.operator': { what: 'those who run the deployment: e-mail, name, password hash: of no tenant', class: 'identity', life: 'shared',
    kept: 'until removed' },
  'tenancy.operator_session': { what: 'sign-ins of operators, hashed: of no tenant', class: 'credential', life: 'shared',
    kept: 'swept by the day once they have ended' },
  'tenancy.operator_totp': { what: 'authenticators of operators, secrets sealed: of no tenant', class: 'credential', life: 'shared',
    kept: 'until the operator takes it away or is removed' },
  'tenancy.operator_recovery_code': { what: 'recovery codes of operators, as keyed hashes: of no tenant', class: 'credential',
    life: 'shared', kept: 'until used or replaced' },
  'tenancy.operator_access': { what: 'when, why and how long operators could read the tenant', class: 'activity', life: 'stays',
    kept: 'with the tenant' },
  'tenancy.team': { what: 'teams of its people', class: 'configuration', life: 'moves', person: { created_by: 'named' },
    kept: 'until it is deleted' },
  'tenancy.team_member': { what: 'who is in which team', class: 'configuration', life: 'moves', person: { member_id: 'own' },
    kept: 'until they leave it' },
  'tenancy.widget': { what: 'places on web pages where visitors talk with an agent: name, pages, quotas', class: 'configuration',
    life: 'moves', person: { created_by: 'named' }, kept: 'until it is deleted' },
  'tenancy.widget_day': { what: 'how many visitors and tokens a widget had on a day', class: 'activity', life: 'moves',
    kept: 'with its widget' },
  'tenancy.invitation': { what: 'who is invited, by e-mail, and by whom', class: 'identity', life: 'stays',
    person: { invited_by: 'named', accepted_by: 'own' }, kept: 'with the tenant' },
  'tenancy.totp': { what: 'authenticators of persons, secrets sealed: of no tenant', class: 'credential', life: 'shared',
    person: { identity_id: 'own' }, kept: 'until the person takes it away' },
  'tenancy.recovery_code': { what: 'recovery codes of persons, as keyed hashes: of no tenant', class: 'credential', life: 'shared',
    person: { identity_id: 'own' }, kept: 'until used or replaced' },
  'tenancy.sign_in_policy': { what: 'what the tenant asks of its people at sign-in', class: 'configuration', life: 'moves',
    without: { sign_in: 'any' }, kept: 'with the tenant' },
  'tenancy.scim_user': { what: 'what the tenant\'s directory calls its members', class: 'identity', life: 'moves',
    person: { member_id: 'own' }, kept: 'with the member' },
  'tenancy.scim_group': { what: 'groups of its directory, and the role each grants', class: 'configuration', life: 'moves',
    kept: 'until the directory deletes it' },
  'tenancy.scim_group_member': { what: 'who is in which group of the directory', class: 'identity', life: 'moves',
    person: { member_id: 'own' }, kept: 'with group and member' },
  'tenancy.identity_provider': { what: 'its issuers (OpenID Connect), client secrets sealed', class: 'credential', life: 'stays',
    kept: 'until it is taken away' },
  'tenancy.domain': { what: 'its e-mail domains, and how each was proven', class: 'configuration', life: 'moves',
    without: { verified_at: null, verified_how: null }, kept: 'until it is taken away' },
  'tenancy.external_login': { what: 'accounts at its issuers, and whose they are', class: 'identity', life: 'stays',
    person: { member_id: 'own' }, kept: 'with issuer and member' },
  'tenancy.external_identity': { what: 'accounts at issuers of the deployment, and whose they are: of no tenant', class: 'identity',
    life: 'shared', person: { identity_id: 'own' }, kept: 'with the person' },
  'tenancy.oidc_flow': { what: 'sign-ins at issuers that are under way, sealed: of no tenant', class: 'credential', life: 'shared',
    person: { member_id: 'own' }, kept: 'a day at most' },
  'tenancy.revocation': { what: 'notices that a session, key, member or the tenant ended or changed', class: 'derived', life: 'stays',
    person: { subject: 'named' }, kept: 'a day' },
  'tenancy.audit_entry': { what: 'who did what, chained by hash', class: 'activity', life: 'moves',
    person: { actor_id: 'named', target: 'named' }, bound: true, kept: 'with the tenant; nothing in it is ever changed' },
  'tenancy.audit_head': { what: 'where the audit chain ends', class: 'derived', life: 'moves', bound: true, without: { noted: 0 },
    kept: 'with the tenant' },
  'tenancy.audit_webhook': { what: 'where the audit log is sent, secrets sealed, and how far', class: 'credential', life: 'stays',
    kept: 'until it is taken away' },
  'tenancy.erasure': { what: 'tenants that were or are to be deleted, and the counts that prove it: of no tenant, it outlives them',
    class: 'activity', life: 'shared', person: { asked_by: 'named' }, kept: 'for good' },
  'tenancy.data_order': { what: 'exports and erasures that were asked for, of the tenant or of a person, and what each context did',
    class: 'activity', life: 'stays', person: { person_id: 'named', asked_by: 'named' }, kept: 'with the tenant' },
};

export const blobMap: BlobMap = {
  audit: { what: 'checkpoints of the audit chain, signed by the deployment', life: 'stays' },
};
