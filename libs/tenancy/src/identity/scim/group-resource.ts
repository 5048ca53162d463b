import { isId } from '#platform/core';
import type { Fields } from './filter-sql.js';
import { type Resource, listOf, lowered, shapeOf } from './patch.js';
import { scimFault } from './scim-error.js';
import { text } from './user-resource.js';

export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group';

/** A group with more is none that a role hangs on. */
const MOST_MEMBERS = 10_000;

export interface GroupRow {
  id: string;
  displayName: string;
  externalId: string | null;
  createdAt: Date;
  changedAt: Date;
  members: { value: string; display: string }[];
}

const AROUND: [string, string] = ['exists (select from tenancy.scim_group_member via where via.tenant_id = held.tenant_id and ' +
  'via.group_id = held.id and ', ')'];

export const GROUP_FIELDS: Fields = new Map([
  ['id', { sql: 'held.id::text', type: 'text' }],
  ['displayname', { sql: 'held.display_name', type: 'caseless' }],
  ['externalid', { sql: 'held.external_id', type: 'text' }],
  ['members', { sql: 'via.member_id::text', type: 'text', around: AROUND }],
  ['members.value', { sql: 'via.member_id::text', type: 'text', around: AROUND }],
  ['schemas', { sql: `'${GROUP_SCHEMA}'::text`, type: 'caseless' }],
  ['meta.resourcetype', { sql: `'Group'::text`, type: 'caseless' }],
  ['meta.created', { sql: 'held.created_at', type: 'time' }],
  ['meta.lastmodified', { sql: 'held.changed_at', type: 'time' }],
]);

export const GROUP_SHAPE = shapeOf({ one: ['displayName', 'externalId'], many: ['members'], 'what-we-say': ['id', 'meta', 'schemas'] });

export function groupResource({ id, displayName, externalId, createdAt, changedAt, members }: GroupRow, base: string): Resource {
  return {
    schemas: [GROUP_SCHEMA],
    id,
    ...(externalId !== null && { externalId }),
    displayName,
    members: members.map((member) => ({ ...member, type: 'User', $ref: `${base}/scim/v2/Users/${member.value}` })),
    meta: { resourceType: 'Group', created: createdAt.toISOString(), lastModified: changedAt.toISOString(),
      location: `${base}/scim/v2/Groups/${id}` },
  };
}

export interface WantedGroup {
  displayName: string;
  externalId: string | null;
  /** Ids of members, each once. */
  members: string[];
}

export function wantedGroup(body: unknown): WantedGroup {
  const resource = lowered(body);
  const displayName = text(resource.displayname, 'displayName', 200);
  if (displayName === null) throw scimFault('invalidValue', 'a group needs a displayName.');
  const list = listOf(resource.members);
  if (list.length > MOST_MEMBERS)
    throw scimFault('invalidValue', `"members" is a list of at most ${MOST_MEMBERS}.`);
  const members = new Set(list.map((one) => {
    const { value } = lowered(one);
    // No id at all is the same as an id of nobody.
    return isId(value) ? value.toLowerCase() : '00000000-0000-7000-8000-000000000000';
  }));
  return { displayName, externalId: text(resource.externalid, 'externalId', 300), members: [...members] };
}
