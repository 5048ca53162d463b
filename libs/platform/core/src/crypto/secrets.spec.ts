import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreConfig } from '../config/core.config.js';
import { rootSecret } from './root-secret.js';
import { Secrets } from './secrets.js';

const ROOT = 'kQ7v2mYx9RtLw4ZcB8nHs3PdUa6JfEgT';
const FORMER = 'Zp1oXq5CiVb7NyMr0WkSj9DhGe2LtAuF';

describe('Secrets', () => {
  const secrets = new Secrets(ROOT);

  it('derives one key per purpose, always the same under the same root', () => {
    expect(secrets.key('a')).toEqual(new Secrets(ROOT).key('a'));
    expect(secrets.key('a')).toHaveLength(32);
    expect(secrets.key('a')).not.toEqual(secrets.key('b'));
    expect(secrets.key('a')).not.toEqual(new Secrets(FORMER).key('a'));
  });

  it('signs so that a change of data, purpose, root or signature shows', () => {
    const signature = secrets.sign('envelope', 'data');
    expect(secrets.verify('envelope', 'data', signature)).toBe(true);
    for (const [purpose, data, given] of [['envelope', 'Data', signature], ['other', 'data', signature],
      ['envelope', 'data', signature.slice(1)], ['envelope', 'data', ''], ['envelope', 'data', 'é']] as const) {
      expect(secrets.verify(purpose, data, given)).toBe(false);
    }
    expect(new Secrets(FORMER).verify('envelope', 'data', signature)).toBe(false);
  });

  it('opens what it sealed, and nothing that was touched or moved', () => {
    const sealed = secrets.seal('vault', 'pässword', 'tenant-a');
    expect(secrets.open('vault', sealed, 'tenant-a').toString()).toBe('pässword');
    expect(sealed).not.toBe(secrets.seal('vault', 'pässword', 'tenant-a'));
    const bytes = Buffer.from(sealed, 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const touched = Buffer.from(bytes);
      touched[at]! ^= 1;
      expect(() => secrets.open('vault', touched.toString('base64url'), 'tenant-a')).toThrow('could not be opened');
    }
    expect(() => secrets.open('vault', sealed, 'tenant-b')).toThrow('could not be opened');
    expect(() => secrets.open('other', sealed, 'tenant-a')).toThrow('could not be opened');
    expect(() => secrets.open('vault', sealed.slice(0, 20), 'tenant-a')).toThrow('could not be opened');
    expect(() => secrets.open('vault', '', 'tenant-a')).toThrow('could not be opened');
  });

  it('opens and verifies under former roots, and seals and signs under the present one', () => {
    const former = new Secrets(FORMER);
    const rotated = new Secrets(ROOT, [FORMER]);
    expect(rotated.open('vault', former.seal('vault', 'x')).toString()).toBe('x');
    expect(rotated.verify('envelope', 'data', former.sign('envelope', 'data'))).toBe(true);
    expect(secrets.open('vault', rotated.seal('vault', 'x')).toString()).toBe('x');
    expect(rotated.sign('envelope', 'data')).toBe(secrets.sign('envelope', 'data'));
  });

  it('give a signed text back to who has the secret, the purpose and the context', () => {
    const signed = secrets.signed('vault', 'some.text', 'row 1');
    expect(secrets.readSigned('vault', signed, 'row 1')).toBe('some.text');
    for (const [purpose, context] of [['vault', 'row 2'], ['vault', ''], ['other', 'row 1']] as const) {
      expect(secrets.readSigned(purpose, signed, context)).toBeUndefined();
    }
    for (const text of ['', '.', 'some.text', signed.slice(1), `${signed}!`])
      expect(secrets.readSigned('vault', text, 'row 1')).toBeUndefined();
  });
});

describe('root secret', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-secret-'));
  const core = (given: Partial<CoreConfig>): CoreConfig => Object.assign(new CoreConfig(), { dataDir: join(folder, 'data'), ...given });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is made once outside production, and readable by its owner alone', () => {
    const made = rootSecret(core({}));
    expect(made).toHaveLength(64);
    expect(rootSecret(core({}))).toBe(made);
    expect(statSync(join(folder, 'data', 'secret')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'data', 'secret'), 'utf8')).toBe(made);
  });

  it('is refused when the kept one is broken', () => {
    writeFileSync(join(folder, 'secret'), 'half');
    expect(() => rootSecret(core({ dataDir: folder }))).toThrow('holds no whole secret');
  });
});
