import { assertPlainStatement } from './plain-statement.js';

describe('a statement of a context', () => {
  it.each([
    'select 1',
    `with found as (select id from shop.item) update shop.item set name = 'menu&"x"' where id in (select id from found)`,
    `select set_config('hnsw.ef_search', $1, true)`,
  ])('goes through when it reads and writes rows: %s', (text) => {
    expect(() => assertPlainStatement(text)).not.toThrow();
  });

  it.each([
    `select set_config('app.tenant_id', $1, true)`,
    String.raw`select U&"set\005fconfig"(U&'app\002etenant_id', $1, true)`,
    String.raw`with s as materialized (select u&"set\005fconfig"('ro' || 'le', 'atoll_kernel_system', true)) select * from s`,
    `select query_to_xml('select set_' || 'config(''app.''||''tenant_id'', ''x'', true)', true, false, '')`,
    `select * from ts_stat('select set_' || 'config(1)')`,
    'set role atoll_kernel_system',
  ])('is refused when it reaches for the wall: %s', (text) => {
    expect(() => assertPlainStatement(text)).toThrow('was refused before it was sent');
  });
});
