import { emailOf } from '../../organisation/email/address.js';
import type { Fields } from './filter-sql.js';
import { truthOf } from './matches.js';
import { type Resource, listOf, lowered, shapeOf } from './patch.js';
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
  emailType: string;
  changedAt: Date;
  groups: { value: string; display: string }[];
}

const GROUPED: [string, string] = ['exists (select from tenancy.scim_group_member membership where membership.tenant_id = ' +
  'member.tenant_id and membership.member_id = member.id and ', ')'];

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
  ['emails.type', { sql: `coalesce(scim.email_type, 'work')`, type: 'caseless' }],
  ['emails.primary', { sql: 'true', type: 'boolean' }],
  ['groups', { sql: 'membership.group_id::text', type: 'text', around: GROUPED }],
  ['groups.value', { sql: 'membership.group_id::text', type: 'text', around: GROUPED }],
  ['schemas', { sql: `'${USER_SCHEMA}'::text`, type: 'caseless' }],
  ['meta.resourcetype', { sql: `'User'::text`, type: 'caseless' }],
  ['meta.created', { sql: 'member.joined_at', type: 'time' }],
  ['meta.lastmodified', { sql: 'coalesce(scim.changed_at, member.joined_at)', type: 'time' }],
]);

export const USER_SHAPE = shapeOf({
  one: ['userName', 'externalId', 'displayName', 'active'],
  parts: ['name'],
  many: ['emails'],
  'what-we-say': ['id', 'meta', 'schemas', 'groups'],
});

export function userResource({ id, email, name, status, joinedAt, userName, externalId, givenName, familyName, emailType,
  changedAt, groups }: UserRow,
  base: string): Resource {
  return {
    schemas: [USER_SCHEMA],
    id,
    ...(externalId !== null && { externalId }),
    userName,
    name: { formatted: name, ...(givenName !== null && { givenName }), ...(familyName !== null && { familyName }) },
    displayName: name,
    emails: [{ value: email, type: emailType, primary: true }],
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
  /** What the directory calls this address: work unless it says otherwise. */
  emailType: string | null;
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
  return { userName, externalId: text(resource.externalid, 'externalId', 300), ...chosenEmail(resource.emails, userName), name, givenName,
    familyName, active: truth(resource.active) };
}

/** The primary one, else the first; a userName that is an address does as well. */
function chosenEmail(emails: unknown, userName: string): Pick<WantedUser, 'email' | 'emailType'> {
  const list = listOf(emails).map(lowered).filter(({ value }) => value !== undefined && value !== null && value !== '');
  const chosen: Resource = list.find(({ primary }) => truthOf(primary) === true) ?? list[0] ?? { value: userName };
  const email = emailOf(chosen.value);
  if (email === undefined) throw scimFault('invalidValue', 'a user needs an e-mail address, in emails or as userName.');
  return { email, emailType: text(chosen.type, 'emails.type', 40) };
}

export function text(value: unknown, name: string, most: number): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || value.length > most || value.includes('\u0000'))
    throw scimFault('invalidValue', `"${name}" is a text of at most ${most} characters.`);
  return value;
}

function truth(value: unknown): boolean {
  const told = truthOf(value) ?? true;
  if (typeof told === 'boolean') return told;
  throw scimFault('invalidValue', '"active" is true or false.');
}
