import { createHmac } from 'node:crypto';
import { type CryptoKey, type JWTPayload, SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';
import { CoreConfig, newId } from '#platform/core';
import { TenancyConfig } from '../../tenancy.config.js';
import { AccessTokenService, TOKEN_AUDIENCE } from './access-token.service.js';
import type { SigningKeyService } from './signing-key.service.js';

const KID = 'k'.repeat(43);
const claims = { tenantId: newId(), userId: newId(), sessionId: newId(), generation: 3 };

let pair: { publicKey: CryptoKey; privateKey: CryptoKey };
let tokens: AccessTokenService;

/** One key, as the database would hold it. */
const keys = {
  current: async () => ({ kid: KID, key: pair.privateKey }),
  verifier: async (kid: string) => (kid === KID ? pair.publicKey : undefined),
} as unknown as SigningKeyService;

function forged(change: { header?: object; payload?: JWTPayload; key?: CryptoKey | Uint8Array } = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const payload = { iss: 'urn:atoll', aud: TOKEN_AUDIENCE, sub: claims.userId, tid: claims.tenantId, sid: claims.sessionId, gen: 3,
    jti: newId(),
    iat: now, exp: now + 60, ...change.payload };
  return new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA', kid: KID, typ: 'at+jwt', ...change.header } as never)
    .sign(change.key ?? pair.privateKey);
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

beforeAll(async () => {
  pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  tokens = new AccessTokenService(keys, new TenancyConfig(), new CoreConfig());
});

describe('an access token', () => {
  it('says whose session it is, and nothing of what they may do', async () => {
    const token = await tokens.issue(claims);
    expect(await tokens.read(token)).toEqual({ ...claims, expiresAt: expect.any(Number) });
    expect(Object.keys(JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())).sort())
      .toEqual(['aud', 'exp', 'gen', 'iat', 'iss', 'jti', 'sid', 'sub', 'tid']);
    expect(token.length).toBeLessThan(600);
  });

  it('the forger of this spec is able to make a true one', async () => {
    expect(await tokens.read(await forged())).toMatchObject(claims);
  });

  it('algorithm: none, HMAC with the public key, and other curves are refused', async () => {
    const [, payload] = (await forged()).split('.');
    const spki = await exportSPKI(pair.publicKey);
    const raw = Buffer.from((await exportJWK(pair.publicKey)).x!, 'base64url');
    const attempts = [
      `${part({ alg: 'none', kid: KID, typ: 'at+jwt' })}.${payload}.`,
      `${part({ alg: 'None', kid: KID, typ: 'at+jwt' })}.${payload}.`,
      ...[spki, raw].map((secret) => {
        const head = `${part({ alg: 'HS256', kid: KID, typ: 'at+jwt' })}.${payload}`;
        return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
      }),
      await forged({ header: { alg: 'ES256' }, key: (await generateKeyPair('ES256')).privateKey }),
    ];
    for (const token of attempts) expect(await tokens.read(token)).toBeUndefined();
  });

  it.each([
    ['missing', undefined],
    ['unknown', 'u'.repeat(43)],
    ['a path', '../../../../dev/null'],
    ['an address', 'https://evil.example/key'],
    ['SQL', "' or 1=1 --"],
    ['a number', 7],
    ['an object', { $ne: null }],
    ['a list', [KID]],
    ['__proto__', '__proto__'],
  ])('kid: %s is refused', async (_name, kid) => {
    expect(await tokens.read(await forged({ header: { kid } }))).toBeUndefined();
  });

  it('a key that the token brings along is not used', async () => {
    const evil = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const jwk = await exportJWK(evil.publicKey);
    for (const header of [{ jwk }, { jwk, kid: undefined }, { jku: 'https://evil.example/jwks.json' }, { x5u: 'https://evil.example/cert' },
      { crit: ['exp'] }]) {
      expect(await tokens.read(await forged({ header, key: evil.privateKey }).catch(() => 'not signable'))).toBeUndefined();
    }
  });

  it.each<[string, JWTPayload]>([
    ['issuer', { iss: 'https://evil.example' }],
    ['no issuer', { iss: undefined }],
    ['audience', { aud: 'other-api' }],
    ['no audience', { aud: undefined }],
    ['a list of audiences', { aud: [TOKEN_AUDIENCE, 'other-api'] }],
    ['a list of our audience', { aud: [TOKEN_AUDIENCE] }],
    ['an end between seconds', { exp: Date.now() / 1_000 + 30.5 }],
    ['an end beyond numbers', { exp: 1e300 }],
    ['an issue time between seconds', { iat: Math.floor(Date.now() / 1_000) - 0.5 }],
    ['no generation', { gen: undefined }],
    ['generation as a text', { gen: '3' }],
    ['ended', { exp: 1_000_000_000 }],
    ['no end', { exp: undefined }],
    ['not yet', { nbf: 4_000_000_000 }],
    ['issued in the future', { iat: Math.floor(Date.now() / 1_000) + 3_600, exp: Math.floor(Date.now() / 1_000) + 7_200 }],
    ['issued long ago with a far end', { iat: Math.floor(Date.now() / 1_000) - 86_400 }],
    ['no issue time', { iat: undefined }],
    ['no session', { sid: undefined }],
    ['no tenant', { tid: undefined }],
    ['tenant that is no id', { tid: "x' or true --" }],
    ['tenant as a list', { tid: [claims.tenantId] }],
    ['person as an object', { sub: { id: 1 } as never }],
  ])('claims: %s is refused', async (_name, payload) => {
    expect(await tokens.read(await forged({ payload }))).toBeUndefined();
  });

  it.each(['JWT', 'id+jwt', 'rt+jwt', undefined])('type: %p is refused', async (typ) => {
    expect(await tokens.read(await forged({ header: { typ } }))).toBeUndefined();
  });

  it('no bit of it can be changed', async () => {
    const token = await tokens.issue(claims);
    for (let at = 0; at < token.length - 1; at += 7) {
      const other = token[at] === 'A' ? 'B' : 'A';
      expect(await tokens.read(token.slice(0, at) + other + token.slice(at + 1))).toBeUndefined();
    }
  });

  it('rubbish and giants are refused at once', async () => {
    const giant = await forged({ payload: { pad: 'x'.repeat(100_000) } });
    const started = performance.now();
    for (const text of ['', '.', '..', '...', 'a.b.c', '{}', 'null', `${'x'.repeat(5_000_000)}`, giant, `${'.'.repeat(2_000)}`, '\u0000',
      '💥.💥.💥', 'e30.e30.e30']) {
      expect(await tokens.read(text)).toBeUndefined();
    }
    expect(performance.now() - started).toBeLessThan(200);
  });
});
