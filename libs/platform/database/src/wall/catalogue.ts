import type pg from 'pg';

export interface CatalogueRole {
  name: string;
  login: boolean;
  superuser: boolean;
  bypassRls: boolean;
  createRole: boolean;
  createDb: boolean;
  replication: boolean;
  inherit: boolean;
  memberOf: string[];
}

/** `role` is 'public' for everybody. Owners' own privileges are left out. */
export interface Grant {
  role: string;
  privilege: string;
}

export interface Schema {
  name: string;
  owner: string;
  grants: Grant[];
}

export interface Relation {
  schema: string;
  name: string;
  /** r table, p partitioned table, v view, m materialised view, f foreign table, S sequence. */
  kind: 'r' | 'p' | 'v' | 'm' | 'f' | 'S';
  owner: string;
  rls: boolean;
  force: boolean;
  /** A partition or an inheriting table: reachable by its own name beside its parent's. */
  child: boolean;
  options: string[];
  comment: string | null;
  /** Type of its tenant_id column, with 'null' added when it may be null; null without such a column. */
  tenant: string | null;
  rules: string[];
  grants: Grant[];
}

export interface Policy {
  schema: string;
  table: string;
  name: string;
  permissive: boolean;
  command: string;
  roles: string[];
  using: string | null;
  check: string | null;
  comment: string | null;
}

/** A primary, unique, foreign or exclusion key; `index` is a unique index without a constraint. */
export interface Key {
  schema: string;
  table: string;
  name: string;
  kind: 'p' | 'u' | 'f' | 'x' | 'index';
  columns: string[];
  foreignSchema: string | null;
  foreignTable: string | null;
  foreignColumns: string[] | null;
}

interface Routine {
  schema: string;
  name: string;
  definer: boolean;
  owner: string;
  comment: string | null;
}

/** Everything the wall is made of, as this database holds it. */
export interface Catalogue {
  /** `memberOf` also through other roles. */
  session: { login: string; database: string; version: number; memberOf: string[] };
  roles: CatalogueRole[];
  schemas: Schema[];
  relations: Relation[];
  policies: Policy[];
  keys: Key[];
  routines: Routine[];
  /** Privileges that objects of the future would be born with. */
  defaults: { owner: string; grants: Grant[] }[];
  databaseGrants: Grant[];
}

const OURS = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;

const NOT_OF_EXTENSION = (catalogue: string, oid: string): string =>
  `not exists (select 1 from pg_depend d where d.classid = '${catalogue}'::regclass and d.objid = ${oid} and d.deptype = 'e')`;

const grants = (acl: string, owner: string): string => `(
  select coalesce(json_agg(json_build_object('role', case when a.grantee = 0 then 'public' else pg_get_userbyid(a.grantee) end, 'privilege', a.privilege_type)), '[]')
  from aclexplode(${acl}) a where a.grantee <> ${owner})`;

const SESSION = `select json_build_object(
  'login', session_user, 'database', current_database(), 'version', current_setting('server_version_num')::int / 10000,
  'memberOf', (select coalesce(json_agg(r.rolname), '[]') from pg_roles r where r.rolname <> session_user and pg_has_role(session_user,
  r.oid, 'member'))) as value`;

const ROLES = `select json_build_object(
  'name', rolname, 'login', rolcanlogin, 'superuser', rolsuper, 'bypassRls', rolbypassrls, 'createRole', rolcreaterole, 'createDb',
  rolcreatedb,
  'replication', rolreplication, 'inherit', rolinherit,
  'memberOf', (select coalesce(json_agg(distinct g.rolname), '[]') from pg_auth_members m join pg_roles g on g.oid = m.roleid where
  m.member = r.oid)) as value
  from pg_roles r where rolname !~ '^pg_'`;

const SCHEMAS = `select json_build_object('name', nspname, 'owner', pg_get_userbyid(nspowner), 'grants',
${grants('n.nspacl', 'n.nspowner')}) as value
  from pg_namespace n where ${OURS}`;

const RELATIONS = `select json_build_object(
  'schema', n.nspname, 'name', c.relname, 'kind', c.relkind, 'owner', pg_get_userbyid(c.relowner), 'rls', c.relrowsecurity, 'force',
  c.relforcerowsecurity,
  'child', c.relispartition or exists (select 1 from pg_inherits i where i.inhrelid = c.oid),
  'options', coalesce(c.reloptions, '{}'), 'comment', obj_description(c.oid, 'pg_class'),
  'tenant', (select format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then '' else ' null' end from pg_attribute a where
  a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped),
  'rules', (select coalesce(json_agg(w.rulename), '[]') from pg_rewrite w where w.ev_class = c.oid and w.rulename <> '_RETURN'),
  'grants', (select coalesce(json_agg(g), '[]') from (
     select json_array_elements(${grants('c.relacl', 'c.relowner')}) g
     union all select json_array_elements(${grants('a.attacl', 'c.relowner')}) from pg_attribute a where a.attrelid = c.oid and
     a.attacl is not null) x)) as value
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and ${OURS} and ${NOT_OF_EXTENSION('pg_class', 'c.oid')}`;

const POLICIES = `select json_build_object(
  'schema', n.nspname, 'table', c.relname, 'name', p.polname, 'permissive', p.polpermissive,
  'command', case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' else 'delete' end,
  'roles', (select json_agg(case when r = 0 then 'public' else pg_get_userbyid(r)::text end) from unnest(p.polroles) r),
  'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid), 'comment', obj_description(p.oid,
  'pg_policy')) as value
  from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace`;

const columnsOf = (attributes: string, table: string): string => `(
  select coalesce(json_agg(coalesce(a.attname::text, '<expression>') order by u.i), '[]')
  from unnest(${attributes}) with ordinality u(n, i) left join pg_attribute a on a.attrelid = ${table} and a.attnum = u.n and u.n > 0)`;

const KEYS = `select json_build_object(
  'schema', n.nspname, 'table', c.relname, 'name', k.conname, 'kind', k.contype, 'columns', ${columnsOf('k.conkey', 'k.conrelid')},
  'foreignSchema', fn.nspname, 'foreignTable', f.relname, 'foreignColumns', ${columnsOf('k.confkey', 'k.confrelid')}) as value
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
  left join pg_class f on f.oid = k.confrelid left join pg_namespace fn on fn.oid = f.relnamespace
  where k.contype in ('p', 'u', 'f', 'x') and ${OURS}
  union all
  select json_build_object('schema', n.nspname, 'table', c.relname, 'name', x.relname, 'kind', 'index', 'columns',
  ${columnsOf('i.indkey::int2[]', 'i.indrelid')})
  from pg_index i join pg_class c on c.oid = i.indrelid join pg_class x on x.oid = i.indexrelid join pg_namespace n on n.oid =
  c.relnamespace
  where i.indisunique and ${OURS} and c.relkind in ('r', 'p') and not exists (select 1 from pg_constraint k where k.conindid =
  i.indexrelid and k.contype in ('p', 'u', 'x'))`;

const ROUTINES = `select json_build_object('schema', n.nspname, 'name', p.proname, 'definer', p.prosecdef, 'owner',
pg_get_userbyid(p.proowner), 'comment', obj_description(p.oid, 'pg_proc')) as value
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${OURS} and ${NOT_OF_EXTENSION('pg_proc', 'p.oid')}`;

const DEFAULTS = `select json_build_object('owner', pg_get_userbyid(d.defaclrole), 'grants', ${grants('d.defaclacl', 'd.defaclrole')}) ` +
  `as value from pg_default_acl d where d.defaclobjtype in ('r', 'S', 'n')`;

const DATABASE = `select json_array_elements(${grants(`coalesce(d.datacl, acldefault('d', d.datdba))`, 'd.datdba')}) as value from ` +
  `pg_database d where d.datname = current_database()`;

/** Reads the catalogue with any login: all of it is open to everybody. */
export async function readCatalogue(connection: pg.ClientBase): Promise<Catalogue> {
  const all = async <T>(sql: string): Promise<T[]> => (await connection.query<{ value: T }>(sql)).rows.map((row) => row.value);
  return {
    session: (await all<Catalogue['session']>(SESSION))[0]!,
    roles: await all(ROLES),
    schemas: await all(SCHEMAS),
    relations: await all(RELATIONS),
    policies: await all(POLICIES),
    keys: await all(KEYS),
    routines: await all(ROUTINES),
    defaults: await all(DEFAULTS),
    databaseGrants: await all(DATABASE),
  };
}
