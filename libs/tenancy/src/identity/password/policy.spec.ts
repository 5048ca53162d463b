import { PASSWORD_MAX_BYTES, assertGoodPassword, normalPassword, plausiblePassword } from './policy.js';

const check = (password: string) => () => assertGoodPassword(password, 'ada.lovelace@example.org');

describe('the password policy', () => {
  it.each(['correct horse battery', 'ünïcödé-wörds', '漢字仮名交じり文の合言葉', 'x'.repeat(500) + 'abcde'])('accepts %p', (password) => {
    expect(check(password)).not.toThrow();
  });

  it.each([
    ['short', /shorter than 10/],
    ['ab'.repeat(20), /different characters/],
    ['Password123', /attackers try first/],
    ['PASSWORD123!!', /attackers try first/],
    ['ada.lovelace@example.org', /e-mail/],
    ['Ada.Lovelace', /e-mail/],
    ['abcde'.repeat(300), /longer than 1024/],
  ])('refuses %p', (password, why) => {
    expect(check(password)).toThrow(why);
  });

  it('counts characters, not code units: ten emoji are ten, five are five', () => {
    expect(check('😀😁😂😃😄😅😆😇😈😉')).not.toThrow();
    expect(check('😀😁😂😃😄')).toThrow(/shorter/);
  });

  it('takes composed and decomposed forms for one password', () => {
    expect(normalPassword('cafe\u0301 ﬁne ①')).toBe(normalPassword('café fine 1'));
  });

  it('measures after normalisation: one character that grows eighteen-fold does not slip through', () => {
    expect(plausiblePassword('\ufdfa'.repeat(100))).toBe(false);
    expect(plausiblePassword('a'.repeat(PASSWORD_MAX_BYTES))).toBe(true);
    expect(plausiblePassword('a'.repeat(PASSWORD_MAX_BYTES + 1))).toBe(false);
    expect(plausiblePassword({ length: 12 })).toBe(false);
  });

  it('refuses a million characters at once', () => {
    const started = performance.now();
    expect(check('a b c d e '.repeat(100_000))).toThrow(/longer/);
    // A check that backtracks takes minutes.
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
