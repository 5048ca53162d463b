import type { Catalogue, Relation } from './catalogue.js';
import { AROUND, type Fault, type Place, reasoned } from './fault.js';

/** Everything that could lead around the tables' wall. */
export function detourFaults(catalogue: Catalogue, places: Map<string, Place>): Fault[] {
  const ours = catalogue.relations.filter((relation) => places.has(relation.schema));
  return [
    ...ours.flatMap(relationFaults),
    ...ours.filter(({ owner }) => owner.startsWith('atoll_'))
      .map(({ schema, name, owner }) => ({ rule: 'owner', object: `${schema}.${name}`,
        says: `belongs to ${owner}, and an owner can take the wall down.`,
        mend: `alter table ${schema}.${name} owner to the role that runs the migrations.` })),
    ...catalogue.routines.filter(({ schema, definer, comment }) => places.has(schema) && definer && !reasoned(comment, AROUND))
      .map(({ schema, name }) => ({ rule: 'definer', object: `function ${schema}.${name}`,
        says: 'runs with its owner\'s rights and does not say why.',
        mend: `Make it SECURITY INVOKER, or give the reason: comment on function ${schema}.${name} is '${AROUND}...'.` })),
    ...catalogue.schemas.flatMap((schema) => schemaFaults(schema, places.get(schema.name))),
    ...catalogue.defaults.flatMap(({ owner, grants }) =>
      grants.filter(({ role }) => role === 'public' || role.startsWith('atoll_'))
        .map(({ role, privilege }) => ({ rule: 'default-grant', object: `default privileges of ${owner}`,
          says: `give ${privilege} on every future object to ${role}.`,
          mend: `alter default privileges for role ${owner} revoke ${privilege} on tables from ${role}.` }))),
    ...catalogue.databaseGrants.filter(({ role, privilege }) => privilege !== 'CONNECT' && (role === 'public' || role.startsWith('atoll_')))
      .map(({ role, privilege }) => ({ rule: 'database-grant', object: `database ${catalogue.session.database}`,
        says: `${privilege} is granted to ${role}; temporary tables and schemas lie outside the wall.`,
        mend: `revoke ${privilege} on database ${catalogue.session.database} from ${role}.` })),
  ];
}

function relationFaults(relation: Relation): Fault[] {
  const object = `${relation.schema}.${relation.name}`;
  const faults: Fault[] = [];
  const add = (rule: string, says: string, mend: string): void => void faults.push({ rule, object, says, mend });
  const reason = `give the reason: comment on ... ${object} is '${AROUND}...'.`;
  if (relation.kind === 'v' && !relation.options.some((option) => option === 'security_invoker=true' || option === 'security_invoker=on')) {
    add('view', 'is a view with its owner\'s rights.', `alter view ${object} set (security_invoker = true).`);
  }
  if (relation.rules.length > 0) add('rule', `rewrite rule ${relation.rules.join(', ')} turns statements into other ones.`,
    `drop rule ${relation.rules[0]} on ${object}.`);
  if (reasoned(relation.comment, AROUND)) return faults;
  if (relation.kind === 'm')
    add('materialised', 'is a materialised view: it holds copies of rows and has no policies.', `Use a view or a table, or ${reason}`);
  if (relation.kind === 'f')
    add('foreign-table', 'is a foreign table: its rows lie outside this database and have no policies.', `Drop it, or ${reason}`);
  if (relation.kind === 'p' || relation.child) add('partition',
    'is partitioned, a partition or an inheriting table: rows are reachable by two names with two sets of policies.',
    `Use one table, or ${reason}`);
  return faults;
}

function schemaFaults(schema: Catalogue['schemas'][number], place: Place | undefined): Fault[] {
  const object = `schema ${schema.name}`;
  return schema.grants.flatMap(({ role, privilege }) => {
    if (role !== 'public' && !role.startsWith('atoll_')) return [];
    const fine = privilege === 'USAGE' && (place ? place.insiders.includes(role) : role === 'public' && schema.name === 'public');
    return fine ? [] : [{ rule: 'schema-grant', object, says: `${privilege} is granted to ${role}.`,
      mend: `revoke ${privilege} on schema ${schema.name} from ${role}.` }];
  });
}
