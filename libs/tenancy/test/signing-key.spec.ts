import { CoreConfig, Secrets } from '#platform/core';
import { engines } from '#platform/testing';
import { TenancyConfig } from '../src/tenancy.config.js';
import { AccessTokenService } from '../src/identity/token/access-token.service.js';
import { SigningKeyService } from '../src/identity/token/signing-key.service.js';
import { House } from './house.js';

const DAY_MS = 86_400_000;
const PERIOD_MS = 30 * DAY_MS;

describe.each(engines)('signing keys on %s', (engine) => {
  let house: House;
  beforeAll(async () => {
    house = await House.open(engine);
  });
  afterAll(() => house?.close());

  /** What another process of the deployment would hold: its own memory, the same database and secret. */
  const process = () => new SigningKeyService(house.db, house.get(Secrets), new TenancyConfig());
  const start = Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS;

  it('processes that start at the same moment agree on one key', async () => {
    const kids = await Promise.all(Array.from({ length: 8 }, () => process().current().then(({ kid }) => kid)));
    expect(new Set(kids).size).toBe(1);
  });

  it('the next key is published a period before it signs, and takes over without anybody reading it anew', async () => {
    const one = process();
    const { kid } = await one.current(start);
    const { keys } = await one.publicKeys(start);
    expect(keys).toHaveLength(2);
    const next = (await one.current(start + PERIOD_MS)).kid;
    expect(next).not.toBe(kid);
    expect(keys.map((key) => key.kid)).toContain(next);
  });

  it('the former key verifies until its last token has ended, and not a minute longer', async () => {
    const one = process();
    const { kid } = await one.current(start);
    const turn = start + PERIOD_MS;
    expect(await one.verifier(kid, turn + 10 * 60_000)).toBeDefined();
    expect(await one.verifier(kid, turn + 11 * 60_000)).toBeUndefined();
    expect((await one.publicKeys(turn + 11 * 60_000)).keys.map((key) => key.kid)).not.toContain(kid);
  });

  it('a kid nobody knows is asked for once in five seconds, however often it comes', async () => {
    const one = process();
    await one.current();
    let reads = 0;
    const rows = (one as unknown as { rows: (from: number) => Promise<unknown> }).rows.bind(one);
    Object.assign(one, { rows: (from: number) => ((reads += 1), rows(from)) });
    const now = Date.now();
    for (let at = 0; at < 500; at += 1) expect(await one.verifier('u'.repeat(43), now + 4_000)).toBeUndefined();
    expect(reads).toBe(0);
    for (let at = 0; at < 500; at += 1) await one.verifier('u'.repeat(43), now + 6_000);
    expect(reads).toBe(1);
  });

  it('private keys lie sealed, and a copy of the database is of no use without the secret', async () => {
    await process().current();
    const rows = await house.db.system('a look',
      () => house.db.query<{ private_key: string; public_key: object }>('select * from tenancy.signing_key'));
    expect(rows.length).toBeGreaterThan(1);
    for (const row of rows) {
      expect(row.private_key).not.toContain('PRIVATE KEY');
      expect(row.public_key).not.toHaveProperty('d');
    }
    const thief = new SigningKeyService(house.db, new Secrets('another secret of 32 characters!'), new TenancyConfig());
    await expect(thief.current()).rejects.toMatchObject({ reason: 'kernel.not-opened' });
  });

  it('keys out of use are deleted', async () => {
    const one = process();
    await one.current();
    await one.forget(start + 2 * PERIOD_MS);
    const rows = await house.db.system('a look',
      () => house.db.query('select kid from tenancy.signing_key where active_from <= $1', [new Date(start)]));
    expect(rows).toEqual([]);
    expect((await process().current()).kid).toBeDefined();
  });

  it('a token of one process is read by another, whatever a stolen deployment name says', async () => {
    const claims = { generation: 1, tenantId: '01900000-0000-7000-8000-000000000001', userId: '01900000-0000-7000-8000-000000000002',
      sessionId: '01900000-0000-7000-8000-000000000003' };
    const tokens = (core: CoreConfig) => new AccessTokenService(process(), new TenancyConfig(), core);
    const token = await tokens(new CoreConfig()).issue(claims);
    expect(await tokens(new CoreConfig()).read(token)).toMatchObject(claims);
    expect(await tokens(Object.assign(new CoreConfig(), { publicUrl: 'https://other.example' })).read(token)).toBeUndefined();
  });
});
