import type { Catalogue, Key, Policy, Relation } from './catalogue.js';
import { AROUND, type Fault, type Place, NO_TENANT, reasoned } from './fault.js';

/** The one expression a tenant's policy may have, as Postgres writes it back. */
const TENANT_EXPRESSION = `(tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))`;

const OPEN_PRIVILEGES = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE']);

/** Every table: whose rows it holds, its policies and its keys. */
export function tableFaults(catalogue: Catalogue, places: Map<string, Place>): Fault[] {
  return catalogue.relations.flatMap((table) => {
    const place = places.get(table.schema);
    if (!place || (table.kind !== 'r' && table.kind !== 'p')) return [];
    const policies = catalogue.policies.filter((policy) => policy.schema === table.schema && policy.table === table.name);
    const keys = catalogue.keys.filter((key) => key.schema === table.schema && key.table === table.name);
    const found = table.tenant === null ? globalFaults(table, keys)
      : [...wallFaults(table, place, policies), ...keyFaults(catalogue, table, keys)];
    return found.map((fault) => ({ ...fault, object: `${table.schema}.${table.name}` }));
  });
}

type Found = Omit<Fault, 'object'>;

function globalFaults(table: Relation, keys: Key[]): Found[] {
  const foreign = keys.filter((key) => key.kind === 'f' && key.foreignSchema !== table.schema).map(crossSchema);
  if (reasoned(table.comment, NO_TENANT)) return foreign;
  return [...foreign, { rule: 'no-tenant', says: 'has no tenant_id and no written reason for it.',
    mend: `Make it with tenantTable(...), or with globalTable(..., why) if its rows belong to nobody.` }];
}

function wallFaults(table: Relation, place: Place, policies: Policy[]): Found[] {
  const faults: Found[] = [];
  const add = (rule: string, says: string, mend: string): void => void faults.push({ rule, says, mend });
  const name = `${table.schema}.${table.name}`;
  if (table.tenant !== 'uuid') add('tenant-column', `tenant_id is ${table.tenant}; it must be uuid not null.`,
    `alter table ${name} alter column tenant_id type uuid using tenant_id::uuid, alter column tenant_id set not null.`);
  if (!table.rls) add('enable', 'row level security is off, so its policies do nothing.', `alter table ${name} enable row level security.`);
  if (!table.force) add('force', 'its owner is exempt from its policies.', `alter table ${name} force row level security.`);

  const restrictive = policies.filter((policy) => !policy.permissive);
  if (!restrictive.some((policy) => isTenantPolicy(policy, place))) {
    add('tenant-policy', `no restrictive policy for all commands to ${place.role} holds both its USING and its WITH CHECK to the ` +
      `current tenant.`, 'Make it as tenantTable(...) does, with exactly its expression.');
  }
  // A further restrictive policy can only narrow; the platform's tables use one to wall contexts from each other's messages.
  for (const policy of restrictive.filter((one) => !isTenantPolicy(one, place) && !reasoned(one.comment, ''))) {
    add('odd-policy', `restrictive policy ${policy.name} is not the tenant's and does not say what it is for.`,
      `comment on policy ${policy.name} on ${name} is '...', or drop it.`);
  }

  const permissive = policies.filter((policy) => policy.permissive);
  const base = permissive.filter((policy) => isBase(policy, place));
  if (base.length !== 1) add('base-policy', `there must be one permissive base policy to ${place.role}, USING (true) WITH CHECK (true); ` +
    `there are ${base.length}.`, 'Make it as tenantTable(...) does.');
  for (const policy of permissive.filter((one) => !isBase(one, place))) {
    if (!isOnlyFor(policy, place.system)) add('odd-policy', `permissive policy ${policy.name} opens rows to ${policy.roles.join(', ')}.`,
      `drop policy ${policy.name} on ${name}, or make it with systemPolicy(...).`);
    else if (!reasoned(policy.comment, '')) add('system-reason',
      `policy ${policy.name} shows all tenants' rows to ${place.system} and does not say why.`, 'Make it with systemPolicy(..., why).');
  }
  return faults;
}

function isTenantPolicy(policy: Policy, place: Place): boolean {
  return policy.command === 'all' && isOnlyFor(policy, place.role) && policy.using === TENANT_EXPRESSION &&
    policy.check === TENANT_EXPRESSION;
}

function isBase(policy: Policy, place: Place): boolean {
  return policy.command === 'all' && isOnlyFor(policy, place.role) && policy.using === 'true' && policy.check === 'true';
}

function isOnlyFor(policy: Policy, role: string): boolean {
  return policy.roles.length === 1 && policy.roles[0] === role;
}

const KEY_WORDS: Record<Key['kind'], string> = { p: 'primary key', u: 'unique key', f: 'foreign key', x: 'exclusion constraint',
  index: 'unique index' };

function keyFaults(catalogue: Catalogue, table: Relation, keys: Key[]): Found[] {
  const faults: Found[] = [];
  if (!keys.some((key) => key.kind === 'p'))
    faults.push({ rule: 'primary-key', says: 'has no primary key.', mend: 'Add primary key (tenant_id, id).' });
  for (const key of keys) {
    if (key.columns[0] !== 'tenant_id') {
      faults.push({ rule: `${key.kind}-key`, says: `${KEY_WORDS[key.kind]} ${key.name} (${key.columns.join(', ')}) does not start with ` +
        `tenant_id, so it tells one tenant what another one has.`,
        mend: `Make it over (tenant_id, ${key.columns.filter((column) => column !== 'tenant_id').join(', ')}).` });
    }
    if (key.kind === 'f') faults.push(...foreignFaults(catalogue, table, key));
  }
  return faults;
}

function foreignFaults(catalogue: Catalogue, table: Relation, key: Key): Found[] {
  if (key.foreignSchema !== table.schema) return [crossSchema(key)];
  const target = catalogue.relations.find((one) => one.schema === key.foreignSchema && one.name === key.foreignTable);
  if (target?.tenant && key.foreignColumns?.[0] === 'tenant_id') return [];
  return [{ rule: 'f-target', says: `foreign key ${key.name} does not carry the tenant over to ` +
    `${key.foreignSchema}.${key.foreignTable}: keys are checked outside row security.`,
    mend: 'Reference (tenant_id, id) of a tenant table, or keep the id without a key.' }];
}

function crossSchema(key: Key): Found {
  return { rule: 'f-schema', says: `foreign key ${key.name} reaches into the context ${key.foreignSchema}.`,
    mend: 'Keep the id without a key; deletion crosses contexts as an event.' };
}

/** Who may do what with the relations of each context. */
export function grantFaults(catalogue: Catalogue, places: Map<string, Place>): Fault[] {
  const faults: Fault[] = [];
  for (const relation of catalogue.relations) {
    const place = places.get(relation.schema);
    const object = `${relation.schema}.${relation.name}`;
    for (const { role, privilege } of relation.grants) {
      if (role !== 'public' && role !== catalogue.session.login && !role.startsWith('atoll_')) continue;
      if (!place?.insiders.includes(role)) {
        faults.push({ rule: 'grant', object, says: `${privilege} is granted to ${role}, which has no business here.`,
          mend: `revoke ${privilege} on ${object} from ${role}.` });
      } else if (relation.kind === 'S' && !reasoned(relation.comment, AROUND)) {
        faults.push({ rule: 'sequence', object, says: `${privilege} is granted to ${role}, and a sequence has no tenants: its numbers ` +
          `tell one how much another writes${privilege === 'UPDATE' ? ', and it may be set back' : ''}.`,
          mend: `revoke ${privilege} on sequence ${object} from ${role} and make ids with newId(), or give the reason: ` +
            `comment on sequence ${object} is '${AROUND}...'.` });
      } else if (relation.kind !== 'S' && !OPEN_PRIVILEGES.has(privilege)) {
        faults.push({ rule: 'privilege', object, says: `${privilege} is granted to ${role}; row security does not cover it.`,
          mend: `revoke ${privilege} on ${object} from ${role}.` });
      }
    }
  }
  return faults;
}
