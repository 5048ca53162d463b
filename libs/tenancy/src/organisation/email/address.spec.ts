import { emailOf } from './address.js';

it.each([
  [' ADA@Example.org ', 'ada@example.org'],
  ['a.b+tag@example.org', 'a.b+tag@example.org'],
  ['ａｄａ@example.org', 'ada@example.org'],
  ["o'hara@example.org", "o'hara@example.org"],
  ['jörg@example.org', 'jörg@example.org'],
])('%j is the address %s', (text, email) => expect(emailOf(text)).toBe(email));

it.each([
  '"a\r\nbcc: eve"@example.org', '"a\nb"@example.org', '"a b"@example.org', '"a"@example.org', '"a\\"b"@example.org', '"a@b"@example.org',
  'ada@example.org\r\n', '\r\nada@example.org', 'ada\u0000@example.org', 'ada\u200b@example.org', 'ada\u202e@example.org',
  'a\tb@example.org',
  'ada@exam\nple.org', '＂a b＂@example.org', 'a(comment)@example.org', 'Ada <ada@example.org>', 'a,b@example.org', 'ada@[127.0.0.1]',
  'ada@localhost', 'ada', '@example.org', `${'a'.repeat(250)}@example.org`, '', ' ', null, 7, ['ada@example.org'], { toString: 1 },
])('%j is none', (text) => expect(emailOf(text)).toBeUndefined());
