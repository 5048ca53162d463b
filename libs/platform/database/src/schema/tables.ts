/** The tenant of the running statement; none -> NULL -> no rows. As a sub-select it is evaluated once per statement, not per row. */
const CURRENT_TENANT = `(select nullif(current_setting('app.tenant_id', true), '')::uuid)`;

/** Every context role is a member: what the platform's own tables are granted to. */
export const ALL_CONTEXTS = 'atoll_contexts';

export type Command = 'select' | 'insert' | 'update' | 'delete';

const COMMANDS: Command[] = ['select', 'insert', 'update', 'delete'];

export function contextRole(context: string): string {
  return `atoll_${context}`;
}

export function systemRole(context: string): string {
  return `atoll_${context}_system`;
}

/**
 * Statements that create a table of tenants' rows with its wall. `columns` is the body of the create table without `tenant_id`, which
 * comes first by itself; primary, unique and foreign keys must start with it. The platform's tables are open to every context's role.
 *
 * @example
 * tenantTable('search.chunk', `id uuid not null, file_id uuid not null, body text not null,
 *   primary key (tenant_id, id),
 *   foreign key (tenant_id, file_id) references search.file (tenant_id, id) on delete cascade`)
 */
export function tenantTable(table: string, columns: string): string[] {
  const role = ownerRole(table);
  return [
    `create table ${table} (tenant_id uuid not null, ${columns})`,
    `alter table ${table} enable row level security`,
    `alter table ${table} force row level security`,
    `create policy base on ${table} as permissive for all to ${role} using (true) with check (true)`,
    `create policy tenant on ${table} as restrictive for all to ${role} using (tenant_id = ${CURRENT_TENANT}) with check (tenant_id = ` +
      `${CURRENT_TENANT})`,
    `grant ${COMMANDS.join(', ')} on ${table} to ${role}`,
  ];
}

/**
 * Lets the context's system role do `command` on the rows of all tenants of a tenant table. `why` is kept in the database beside the
 * policy, where the boot's self-test looks for it. An update, delete or upsert that reads rows needs `select` as well.
 */
export function systemPolicy(table: string, command: Command | 'all', why: string): string[] {
  const role = systemRole(schemaOf(table));
  return (command === 'all' ? COMMANDS : [command]).flatMap((one) => {
    const using = one === 'insert' ? '' : ' using (true)';
    const check = one === 'insert' || one === 'update' ? ' with check (true)' : '';
    return [
      `create policy system_${one} on ${table} as permissive for ${one} to ${role}${using}${check}`,
      `comment on policy system_${one} on ${table} is ${literal(why)}`,
      `grant ${one} on ${table} to ${role}`,
    ];
  });
}

/**
 * A table that belongs to no tenant, with the reason kept in the database. Only the context's system role may use it
 * (`db.system(...)`); `readers: 'context'` also lets ordinary statements read it, `writers: 'context'` write it.
 */
export function globalTable(table: string, columns: string, why: string,
  open: { readers?: 'context'; writers?: 'context' } = {}): string[] {
  const commands = open.writers ? COMMANDS : open.readers ? (['select'] as const) : [];
  return [
    `create table ${table} (${columns})`,
    `comment on table ${table} is ${literal(`no tenant: ${why}`)}`,
    `grant ${COMMANDS.join(', ')} on ${table} to ${systemRole(schemaOf(table))}`,
    ...(commands.length > 0 ? [`grant ${commands.join(', ')} on ${table} to ${ownerRole(table)}`] : []),
  ];
}

/**
 * For a back-fill in a migration: FORCE hides every row from the owner too, so it is lifted for these statements and put back. The
 * table stays locked in between, and nobody but the owner is concerned.
 */
export function backfill(table: string, statements: string[]): string[] {
  return [`alter table ${table} no force row level security`, ...statements, `alter table ${table} force row level security`];
}

function schemaOf(table: string): string {
  const [schema, name, ...rest] = table.split('.');
  if (!schema || !name || rest.length > 0) throw new Error(`Write the table with its schema, as in search.chunk: ${table}`);
  return schema;
}

function ownerRole(table: string): string {
  const schema = schemaOf(table);
  return schema === 'kernel' ? ALL_CONTEXTS : contextRole(schema);
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
