import { type Fields, conditionOf } from './filter-sql.js';
import { type ScimFilter, parseFilter, parsePath } from './filter.js';
import { matches } from './matches.js';

/** The tree, in brackets. */
function told(filter: ScimFilter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${told(filter.left)} ${filter.kind} ${told(filter.right)})`;
    case 'not':
      return `not(${told(filter.inner)})`;
    case 'present':
      return `${filter.path} pr`;
    case 'compare':
      return `${filter.path} ${filter.op} ${JSON.stringify(filter.value)}`;
  }
}

const FIELDS: Fields = new Map([
  ['username', { sql: 'u.name', type: 'caseless' }],
  ['externalid', { sql: 'u.ext', type: 'text' }],
  ['active', { sql: 'u.active', type: 'boolean' }],
  ['meta.created', { sql: 'u.at', type: 'time' }],
  ['members.value', { sql: 'm.id', type: 'text', around: ['exists (select from m where ', ')'] }],
]);

describe('SCIM filters', () => {
  it.each([
    ['userName eq "bjensen"', 'username eq "bjensen"'],
    ['USERNAME Eq "x"', 'username eq "x"'],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"', 'username sw "J"'],
    ['title pr and userType eq "Employee"', '(title pr and usertype eq "Employee")'],
    ['a eq 1 or b eq 2 and c eq 3', '(a eq 1 or (b eq 2 and c eq 3))'],
    ['(a eq 1 or b eq 2) and c eq 3', '((a eq 1 or b eq 2) and c eq 3)'],
    ['not (a eq true) and b pr', '(not(a eq true) and b pr)'],
    ['a pr or b pr or c pr', '((a pr or b pr) or c pr)'],
    ['emails[type eq "work" and value co "@example.com"]', '(emails.type eq "work" and emails.value co "@example.com")'],
    ['userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
      '(usertype ne "Employee" and not((emails co "example.com" or emails.value co "example.org")))'],
    ['meta.lastModified gt "2011-05-13T04:42:34Z"', 'meta.lastmodified gt "2011-05-13T04:42:34Z"'],
    ['a eq -1.5e3 and b eq null', '(a eq -1500 and b eq null)'],
    ['a eq "quote \\" and \\u00e9 ) or (b pr"', 'a eq "quote \\" and é ) or (b pr"'],
    ['not pr', 'not pr'],
  ])('%s', (text, tree) => expect(told(parseFilter(text))).toBe(tree));

  it.each([
    '', ' ', 'userName', 'userName eq', 'userName eq bjensen', "userName eq 'x'", 'userName like "x"', 'eq "x"', 'a eq 1 b eq 2', '(a pr',
    'a pr)', 'a[b pr', 'a[b[c pr]]', 'a eq "x" and', 'not a pr x', 'a eq "x', 'a eq "\u0000"', 'a eq "\\u0000"', 'a eq "\\q"',
    'a pr; drop table tenancy.membership', 'a.b.c eq 1', '-- a pr', 'a eq 1 /* */', `${'('.repeat(30)}a pr${')'.repeat(30)}`,
    Array.from({ length: 60 }, () => 'a pr').join(' or '), `a eq "${'x'.repeat(3_000)}"`,
  ])('refuses %p', (text) => expect(() => parseFilter(text)).toThrow(expect.objectContaining({ details: { scimType: 'invalidFilter' } })));

  it('takes no longer for what is meant to take long', () => {
    const started = performance.now();
    for (const text of [`a eq "${'\\\\'.repeat(990)}`, `urn:${'a:'.repeat(990)}`, `${'a.'.repeat(990)}`, ' '.repeat(1_990),
      `${'(not '.repeat(300)}`, `a eq ${'1'.repeat(1_900)}x`]) expect(() => parseFilter(text)).toThrow();
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('never becomes SQL but as a parameter', () => {
    const evil = `x' or '1'='1`;
    const params: unknown[] = [];
    const sql = conditionOf(parseFilter(`userName eq ${JSON.stringify(evil)} and (members.value eq "$1::text) or true--" or not ` +
      `(externalId ew "%_\\\\")) and active ne true and meta.created ge "2026-01-01" and externalId gt "a"`), FIELDS, params);
    expect(sql).toBe('((((lower(u.name) = lower($1::text) and (exists (select from m where m.id = $2::text) or (not ' +
      'coalesce(right(u.ext, length($3::text)) = $3::text, false)))) and u.active <> $4::boolean) and u.at >= $5::timestamptz) and ' +
        'u.ext collate "C" > $6::text collate "C")');
    expect(params).toEqual([evil, '$1::text) or true--', '%_\\', true, '2026-01-01', 'a']);
  });

  it.each([['constructor pr', 'null::text is not null'], ['tenant_id eq "x"', 'false'], ['u.name eq "x"', 'false'], ['title ne 7',
    'true']])(
    'what is not kept has no value: %s', (text, condition) => {
    const params: unknown[] = [];
    expect([conditionOf(parseFilter(text), FIELDS, params), params]).toEqual([condition, []]);
  });

  it.each(['password eq "x"', '__proto__ pr', 'active gt true', 'active eq "yes"', 'userName eq 1', 'meta.created co "2026"',
    'meta.created gt "yesterday"', 'userName gt null'])(
    'refuses what is no attribute, or does not suit it: %s',
    (text) => expect(() => conditionOf(parseFilter(text), FIELDS, []))
      .toThrow(expect.objectContaining({ details: { scimType: 'invalidFilter' } })),
  );

  it('reads the paths of a PATCH', () => {
    expect(parsePath('name.givenName')).toEqual({ attribute: 'name', values: null, sub: 'givenname' });
    expect(parsePath('members[value eq "1"]')).toMatchObject({ attribute: 'members', sub: null });
    expect(parsePath('emails[type eq "work"].value')).toMatchObject({ attribute: 'emails', sub: 'value' });
    expect(parsePath('urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department')).toEqual(
      { attribute: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:department', values: null, sub: null });
    for (const odd of ['', '.', 'a.b.c', 'a[', 'a[b pr', 'a]b', '[type eq "x"]', 'a b', 'a..b']) expect(() => parsePath(odd)).toThrow();
  });

  it('chooses among values as the database does', () => {
    const value = { type: 'work', value: 'Ada@Example.org', primary: true };
    for (const yes of ['type eq "WORK"', 'value co "example"', 'value sw "ada" and value ew ".ORG"', 'primary eq true',
      'not (type eq "home")', 'type ne "home"', 'display eq null', 'value gt "a"', 'type pr or x pr'])
      expect([yes, matches(parseFilter(yes), value)]).toEqual([yes, true]);
    for (const no of ['type eq "home"', 'display pr', 'primary eq "false"', 'value lt "a"', 'primary gt 0', 'constructor pr'])
      expect([no, matches(parseFilter(no), value)]).toEqual([no, false]);
  });
});
