import { emailOf as mailboxOf } from '../../organisation/email/address.js';
import type { Fields } from './filter-sql.js';
import { type Resource, lowered, shapeOf } from './patch.js';
import { scimFault } from './scim-error.js';

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User';

/** A member as the database has them, with what a directory told of them. */
export interface UserRow {
  id: string;
  email: string;
  name: string;
  status: 'active' | 'suspended';
  joinedAt: Date;
  userName: string;
  externalId: string | null;
  givenName: string | null;
  familyName: string | null;
  changedAt: Date;
  groups: { value: string; display: string }[];
}

export const USER_FIELDS: Fields = new Map([
  ['id', { sql: 'member.id::text', type: 'text' }],
  ['username', { sql: 'coalesce(scim.user_name, member.email)', type: 'caseless' }],
  ['externalid', { sql: 'scim.external_id', type: 'text' }],
  ['active', { sql: `(member.status = 'active')`, type: 'boolean' }],
  ['displayname', { sql: 'member.name', type: 'caseless' }],
  ['name.formatted', { sql: 'member.name', type: 'caseless' }],
  ['name.givenname', { sql: 'scim.given_name', type: 'caseless' }],
  ['name.familyname', { sql: 'scim.family_name', type: 'caseless' }],
  ['emails', { sql: 'member.email', type: 'caseless' }],
  ['emails.value', { sql: 'member.email', type: 'caseless' }],
  ['emails.type', { sql: `'work'::text`, type: 'caseless' }],
  ['emails.primary', { sql: 'true', type: 'boolean' }],
  ['groups.value', { sql: 'membership.group_id::text', type: 'text',
    around: ['exists (select from tenancy.scim_group_member membership where membership.tenant_id = member.tenant_id and ' +
      'membership.member_id = member.id and ', ')'] }],
  ['meta.created', { sql: 'member.joined_at', type: 'time' }],
  ['meta.lastmodified', { sql: 'coalesce(scim.changed_at, member.joined_at)', type: 'time' }],
]);

export const USER_SHAPE = shapeOf({
  one: ['userName', 'externalId', 'displayName', 'active'],
  parts: ['name'],
  many: ['emails'],
  'what-we-say': ['id', 'meta', 'schemas', 'groups'],
  // Of the standard, and of no use here: directories send them all the same.
  'nothing-of-ours': [
    'enterprise', 'nickName', 'profileUrl', 'title', 'userType', 'preferredLanguage', 'locale', 'timezone', 'password',
    'phoneNumbers', 'ims', 'photos', 'addresses', 'entitlements', 'roles', 'x509Certificates',
  ],
});

export function userResource({ id, email, name, status, joinedAt, userName, externalId, givenName, familyName, changedAt, groups }: UserRow,
  base: string): Resource {
  return {
    schemas: [USER_SCHEMA],
    id,
    ...(externalId !== null && { externalId }),
    userName,
    name: { formatted: name, ...(givenName !== null && { givenName }), ...(familyName !== null && { familyName }) },
    displayName: name,
    emails: [{ value: email, type: 'work', primary: true }],
    active: status === 'active',
    groups: groups.map((group) => ({ ...group, $ref: `${base}/scim/v2/Groups/${group.value}` })),
    meta: { resourceType: 'User', created: joinedAt.toISOString(), lastModified: changedAt.toISOString(),
      location: `${base}/scim/v2/Users/${id}` },
  };
}

/** What a directory wants a member to be. */
export interface WantedUser {
  userName: string;
  externalId: string | null;
  email: string;
  name: string;
  givenName: string | null;
  familyName: string | null;
  active: boolean;
}

/** Reads a resource as a client wrote it. `before`: what it was, which tells by what name a member is to be called now. */
export function wantedUser(body: unknown, before?: UserRow): WantedUser {
  const resource = lowered(body);
  const userName = text(resource.username, 'userName', 320);
  if (userName === null) throw scimFault('invalidValue', 'a user needs a userName.');
  const parts = lowered(resource.name ?? {});
  const [givenName, familyName] = [text(parts.givenname, 'name.givenName', 120), text(parts.familyname, 'name.familyName', 120)];
  const full = [givenName, familyName].filter((one) => one !== null).join(' ');
  const [display, formatted] = [text(resource.displayname, 'displayName', 120), text(parts.formatted, 'name.formatted', 120)];
  const partsChanged = before && (givenName !== before.givenName || familyName !== before.familyName);
  const changed = before &&
    [display, formatted, partsChanged ? full : null].find((one) => one !== null && one !== '' && one !== before.name);
  const name = changed ?? before?.name ?? display ?? formatted ?? (full || userName);
  return { userName, externalId: text(resource.externalid, 'externalId', 300), email: emailOf(resource.emails, userName), name, givenName,
    familyName, active: truth(resource.active) };
}

/** The primary one, else the first; a userName that is an address does as well. */
function emailOf(emails: unknown, userName: string): string {
  const list = (Array.isArray(emails) ? emails : emails === undefined || emails === null ? [] : [emails]).map((one) =>
    (typeof one === 'string' ? { value: one } : lowered(one)) as { value?: unknown; primary?: unknown });
  const chosen = list.find(({ primary }) => primary === true || primary === 'true' || primary === 'True') ?? list[0] ?? { value: userName };
  const address = mailboxOf(chosen.value);
  if (address === undefined) throw scimFault('invalidValue', 'a user needs an e-mail address, in emails or as userName.');
  return address;
}

export function text(value: unknown, name: string, most: number): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || value.length > most || value.includes('\u0000'))
    throw scimFault('invalidValue', `"${name}" is a text of at most ${most} characters.`);
  return value;
}

/** Entra ID writes truth as text. */
function truth(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  throw scimFault('invalidValue', '"active" is true or false.');
}
