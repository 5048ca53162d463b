import { randomBytes } from 'node:crypto';
import { newId, redactText } from '#platform/core';
import { base62Length, fromBase62, toBase62 } from './base62.js';
import { CREDENTIAL_PREFIXES, formatCredential, parseCredential } from './credential.js';

const secret = randomBytes(32).toString('base64url');

describe('base62', () => {
  it.each([1, 16, 32, 36])('gives every %i bytes back, in one length', (length) => {
    for (const bytes of [Buffer.alloc(length), Buffer.alloc(length, 0xff), randomBytes(length)]) {
      const text = toBase62(bytes);
      expect(text).toHaveLength(base62Length(length));
      expect(fromBase62(text, length)).toEqual(bytes);
    }
  });

  it.each(['', '0', 'z'.repeat(base62Length(16)), `${'0'.repeat(base62Length(16) - 1)}-`, `${'0'.repeat(base62Length(16) - 1)}é`])(
    'refuses %p', (text) => {
    expect(fromBase62(text, 16)).toBeUndefined();
  });
});

describe('a credential', () => {
  it('is read as it was written, with dashes and underscores in the secret', () => {
    for (const special of [secret, `_-${secret.slice(2)}`, `${secret.slice(2)}_-`]) {
      const credential = { tenantId: newId(), id: newId(), number: 4_294_967_295, secret: special };
      expect(parseCredential('atl', formatCredential('atl', credential))).toEqual(credential);
    }
  });

  it.each(CREDENTIAL_PREFIXES)('of kind %s is cut out of logs', (prefix) => {
    const text = formatCredential(prefix, { tenantId: newId(), id: newId(), number: 1, secret });
    expect(redactText(`GET /v1/x/${text}/y`)).toBe(`GET /v1/x/${prefix}_[redacted]/y`);
  });

  it('is not one of another kind', () => {
    const text = formatCredential('atr', { tenantId: newId(), id: newId(), number: 1, secret });
    expect(parseCredential('atl', text)).toBeUndefined();
  });

  it.each(['', 'atl', 'atl_', 'atl__', 'atl_x_y', `atl_${'z'.repeat(49)}_${secret}`, `atl_${'0'.repeat(49)}_short`,
    `atl_${'0'.repeat(49)}_${secret}x`, `atl_${'0'.repeat(49)}_${secret.slice(1)}\n`])(
    'is not %p',
    (text) => expect(parseCredential('atl', text)).toBeUndefined(),
  );
});
