import { base32, codeOf, keyUri, stepOf, stepOfCode } from './code.js';

/** RFC 6238, appendix B: the last six digits of its SHA-1 vectors. */
it.each([
  [59, '287082'], [1111111109, '081804'], [1111111111, '050471'], [1234567890, '005924'], [2000000000, '279037'], [20000000000, '353130'],
])('at %d s the code is %s', (seconds, code) => {
  expect(codeOf(Buffer.from('12345678901234567890'), stepOf(seconds * 1_000))).toBe(code);
});

it('takes the neighbours of the present step, and no others', () => {
  const secret = Buffer.from('12345678901234567890');
  const now = 1_700_000_000_000;
  const step = stepOf(now);
  for (const near of [-1, 0, 1]) expect(stepOfCode(secret, codeOf(secret, step + near), now)).toBe(step + near);
  for (const far of [-2, 2]) expect(stepOfCode(secret, codeOf(secret, step + far), now)).toBeUndefined();
});

it('writes secrets as apps read them', () => {
  expect(base32(Buffer.from('foobar'))).toBe('MZXW6YTBOI');
  expect(keyUri(Buffer.from('foobar'), 'Atoll', 'a&b@example.org'))
    .toBe('otpauth://totp/Atoll:a%26b%40example.org?secret=MZXW6YTBOI&issuer=Atoll&algorithm=SHA1&digits=6&period=30');
});
