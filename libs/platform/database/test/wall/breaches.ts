/** One stone taken out of the wall of the fixture's database. */
export interface Breach {
  name: string;
  sql: string[];
  /** Where a tenant could get through, if one could. */
  table: string;
}

const TENANT = `(select nullif(current_setting('app.tenant_id', true), '')::uuid)`;
const item = (name: string, ...sql: string[]): Breach => ({ name, sql, table: 'shop.item' });
const repolicy = (name: string, body: string): Breach =>
  item(name, 'drop policy tenant on shop.item', `create policy tenant on shop.item ${body}`);

/** Every way to weaken what tenantTable, systemPolicy, globalTable and the runner build, one at a time. */
export const breaches: Breach[] = [
  // Policies.
  item('no tenant policy', 'drop policy tenant on shop.item'),
  item('no base policy', 'drop policy base on shop.item'),
  item('row security not enabled', 'alter table shop.item disable row level security'),
  item('row security not forced', 'alter table shop.item no force row level security'),
  repolicy('WITH CHECK lets anything in', `as restrictive for all to atoll_shop using (tenant_id = ${TENANT}) with check (true)`),
  repolicy('USING shows everything', `as restrictive for all to atoll_shop using (true) with check (tenant_id = ${TENANT})`),
  repolicy('no tenant sees everything',
    `as restrictive for all to atoll_shop using (tenant_id = ${TENANT} or ${TENANT} is null) with check (tenant_id = ${TENANT})`),
  repolicy('expression without nullif', `as restrictive for all to atoll_shop using (tenant_id = (select ` +
    `current_setting('app.tenant_id', true)::uuid)) with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid))`),
  repolicy('policy for reads only', `as restrictive for select to atoll_shop using (tenant_id = ${TENANT})`),
  repolicy('policy for writes only',
    `as restrictive for update to atoll_shop using (tenant_id = ${TENANT}) with check (tenant_id = ${TENANT})`),
  repolicy('permissive in place of restrictive',
    `as permissive for all to atoll_shop using (tenant_id = ${TENANT}) with check (tenant_id = ${TENANT})`),
  repolicy('policy for another role',
    `as restrictive for all to atoll_depot using (tenant_id = ${TENANT}) with check (tenant_id = ${TENANT})`),
  item('a second permissive policy', 'create policy extra on shop.item as permissive for select to public using (true)'),
  item('an unexplained restrictive policy', 'create policy extra on shop.item as restrictive for select to atoll_shop using (true)'),
  { name: 'system policy without a reason', sql: ['comment on policy system_select on shop.item is null'], table: 'shop.item' },

  // Keys.
  item('primary key without the tenant', 'alter table shop.line drop constraint line_tenant_id_item_id_fkey',
    'alter table shop.item drop constraint item_pkey', 'alter table shop.item add primary key (id)'),
  { name: 'no primary key', sql: ['alter table shop.line drop constraint line_pkey'], table: 'shop.line' },
  item('unique key without the tenant', 'alter table shop.item drop constraint item_tenant_id_name_key',
    'alter table shop.item add unique (name)'),
  item('unique index without the tenant', 'create unique index item_name on shop.item (name)'),
  item('unique index on an expression', 'create unique index item_lower on shop.item (lower(name), tenant_id)'),
  { name: 'foreign key without the tenant', sql: ['alter table shop.item add constraint item_id_key unique (id)',
    'alter table shop.line add foreign key (item_id) references shop.item (id)'], table: 'shop.line' },
  { name: 'foreign key across contexts',
    sql: ['alter table depot.shelf add foreign key (tenant_id, id) references shop.item (tenant_id, id)'], table: 'depot.shelf' },
  item('exclusion constraint without the tenant', 'alter table shop.item add exclude using btree (name with =)'),
  item('tenant may be null', 'alter table shop.line drop constraint line_tenant_id_item_id_fkey',
    'alter table shop.item drop constraint item_pkey', 'alter table shop.item drop constraint item_tenant_id_name_key',
    'alter table shop.item alter column tenant_id drop not null', 'alter table shop.item add primary key (id)'),
  { name: 'table without a tenant and without a reason',
    sql: ['create table shop.note (id uuid primary key)', 'grant select on shop.note to atoll_shop'], table: 'shop.item' },
  { name: 'global table whose reason was lost', sql: ['comment on table shop.season is null'], table: 'shop.item' },

  // Roles.
  item('context role may log in', 'alter role atoll_shop login'),
  item('context role has BYPASSRLS', 'alter role atoll_shop bypassrls'),
  item('context role is a superuser', 'alter role atoll_shop superuser'),
  item('context role may make roles', 'alter role atoll_shop createrole'),
  item('context role is a member of another', 'grant atoll_shop to atoll_depot', 'grant usage on schema shop to atoll_depot'),
  item('context role is a member of its system role', 'grant atoll_shop_system to atoll_shop'),
  item('system role is a member of the common one', 'grant atoll_contexts to atoll_shop_system'),
  item('the common role has BYPASSRLS', 'alter role atoll_contexts bypassrls'),
  item('the runtime role inherits', 'alter role atoll_runtime inherit'),
  item('context role owns its table', 'alter table shop.item owner to atoll_shop'),

  // Grants.
  item('grant to everybody', 'grant usage on schema shop to public', 'grant select on shop.item to public'),
  item('grant to another context', 'grant usage on schema shop to atoll_depot', 'grant select on shop.item to atoll_depot'),
  item('grant of one column to another context', 'grant select (name) on shop.item to atoll_depot'),
  item('schema open to another context', 'grant usage on schema shop to atoll_depot'),
  item('context may create in its schema', 'grant create on schema shop to atoll_shop'),
  item('context may truncate', 'grant truncate on shop.item to atoll_shop'),
  item('context may put triggers on its table', 'grant trigger on shop.item to atoll_shop'),
  item('sequence that counts all tenants', 'create sequence shop.counter', 'grant usage on sequence shop.counter to atoll_shop'),
  item('sequence that can be read', 'create sequence shop.counter', 'grant select on sequence shop.counter to atoll_shop_system'),
  item('sequence of a column', 'alter table shop.item add column number bigserial',
    'grant all on sequence shop.item_number_seq to atoll_shop'),
  item('sequence of every context', 'create sequence kernel.counter', 'grant usage on sequence kernel.counter to atoll_contexts'),
  item('sequence of another context', 'create sequence shop.counter', 'grant usage on sequence shop.counter to atoll_depot'),
  item('future tables open to everybody', 'alter default privileges in schema shop grant select on tables to public'),
  item('everybody may make temporary tables',
    `do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$`),

  // Ways around.
  item('view with its owner\'s rights', 'alter view shop.dear reset (security_invoker)'),
  item('materialised view', 'create materialized view shop.copy as select * from shop.item', 'grant select on shop.copy to atoll_shop'),
  item('function with its owner\'s rights',
    `create function shop.all_items() returns setof shop.item language sql security definer as 'select * from shop.item'`),
  item('inheriting table', 'create table shop.item_old () inherits (shop.item)', 'grant select on shop.item_old to atoll_shop'),
  item('partitioned table', 'create table shop.part (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id)) partition ' +
    'by hash (tenant_id)', 'create table shop.part_0 partition of shop.part for values with (modulus 1, remainder 0)'),
  item('rewrite rule', 'create rule elsewhere as on insert to shop.item do also select 1'),
];
