import { RUNTIME } from '../migrate/roles.js';
import { ALL_CONTEXTS, contextRole } from '../schema/tables.js';
import type { Catalogue, CatalogueRole } from './catalogue.js';
import type { Fault, Place } from './fault.js';

/** Context roles: nobody logs in as one, none is above the wall, none reaches another's. */
export function roleFaults(catalogue: Catalogue, places: Map<string, Place>): Fault[] {
  const byName = new Map(catalogue.roles.map((role) => [role.name, role]));
  const faults: Fault[] = [];
  for (const { context, system } of places.values()) {
    for (const name of [contextRole(context), system]) {
      const role = byName.get(name);
      if (!role) faults.push({ rule: 'role-missing', object: `role ${name}`, says: 'does not exist.',
        mend: 'Run the migrations (npm run atoll -- migrate).' });
      else faults.push(...attributeFaults(role), ...membershipFaults(role, name === system ? [] : [ALL_CONTEXTS]));
    }
  }
  const contexts = byName.get(ALL_CONTEXTS);
  if (contexts) faults.push(...attributeFaults(contexts), ...membershipFaults(contexts, []));
  const runtime = byName.get(RUNTIME);
  if (runtime) {
    faults.push(...attributeFaults(runtime));
    if (runtime.inherit) faults.push({ rule: 'role-inherit', object: `role ${RUNTIME}`,
      says: 'inherits what the context roles may do, so a login has all of it without naming a context.',
      mend: `alter role ${RUNTIME} noinherit.` });
    faults.push(...membershipFaults(runtime,
      catalogue.roles.map((role) => role.name).filter((name) => name.startsWith('atoll_') && name !== ALL_CONTEXTS)));
  }
  return faults;
}

function attributeFaults(role: CatalogueRole): Fault[] {
  const held = [
    role.login && 'login', role.superuser && 'superuser', role.bypassRls && 'bypassrls', role.createRole && 'createrole',
    role.createDb && 'createdb', role.replication && 'replication',
  ].filter((word) => word !== false);
  return held.map((word) => ({ rule: `role-${word}`, object: `role ${role.name}`,
    says: `has ${word.toUpperCase()}, which no context's role may have.`, mend: `alter role ${role.name} no${word}.` }));
}

function membershipFaults(role: CatalogueRole, allowed: string[]): Fault[] {
  return role.memberOf
    .filter((group) => !allowed.includes(group))
    .map((group) => ({ rule: 'role-member', object: `role ${role.name}`, says: `is a member of ${group} and may do what that one may.`,
      mend: `revoke ${group} from ${role.name}.` }));
}

/** The role this process logs in as, on a real server: it may become the context roles and has nothing itself. */
export function loginFaults(catalogue: Catalogue, places: Map<string, Place>): Fault[] {
  const { login, memberOf } = catalogue.session;
  const role = catalogue.roles.find((one) => one.name === login);
  if (!role) return [];
  const object = `login role ${login}`;
  const init = 'Make an unprivileged one with `npm run atoll -- db init --admin postgres://OWNER@HOST/DATABASE`, and put the ' +
    'DATABASE_URL it prints in place of this one.';
  if (role.superuser) return [{ rule: 'login-superuser', object, says: 'is a superuser, for whom Postgres checks no policy.', mend: init }];
  const owned = [...catalogue.schemas.map(({ name, owner }) => ({ name, schema: name, owner })),
    ...catalogue.relations.map(({ schema, name, owner }) => ({ name: `${schema}.${name}`, schema, owner }))]
    .filter(({ schema, owner }) => places.has(schema) && (owner === login || memberOf.includes(owner)));
  if (owned.length > 0) return [{ rule: 'login-owner', object,
    says: `owns ${owned[0]!.name} (or may become its owner), and an owner can take the wall down.`, mend: init }];
  const faults: Fault[] = [];
  const add = (rule: string, says: string, mend = init): void => void faults.push({ rule, object, says, mend });
  if (role.bypassRls) add('login-bypassrls', 'has BYPASSRLS and walks through every policy.', `alter role ${login} nobypassrls.`);
  if (role.createRole) add('login-createrole', 'may create and change roles.', `alter role ${login} nocreaterole.`);
  if (role.replication) add('login-replication', 'may read the whole cluster as a replica.', `alter role ${login} noreplication.`);
  if (role.inherit) add('login-inherit', 'inherits what all contexts may do, so a statement without a context would run.',
    `alter role ${login} noinherit.`);
  for (const group of memberOf.filter((name) => !name.startsWith('atoll_')))
    add('login-member', `is a member of ${group}.`, `revoke ${group} from ${login}.`);
  for (const { context, system } of places.values()) {
    for (const name of [contextRole(context), system]) if (!memberOf.includes(name))
      add('login-not-member', `may not become ${name}.`, `grant ${RUNTIME} to ${login}.`);
  }
  return faults;
}
