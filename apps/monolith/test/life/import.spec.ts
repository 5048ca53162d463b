import { clonedId } from '#platform/privacy';
import { newId, runAs } from '#platform/core';
import { type BootedContexts, engines, eventually, withClient } from '#platform/testing';
import { TenantLife } from '#tenancy/module';
import { type Owner, PASSWORD, fill, linesIn, newOwner, openHouse, settle, untar } from './full-tenant.js';
import { traces } from './traces.js';
import { flipped, insertedEntry, renamedEntry, retold } from './tampered.js';

const OPERATOR = { kind: 'service' as const, id: newId(), roles: [], permissions: [] };

async function* inChunks(bytes: Buffer, size = 60_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** By the operator's hand: nobody signs in, so that nothing is counted between one export and the next. */
async function archiveOf(booted: BootedContexts, tenantId: string): Promise<Buffer> {
  const life = booted.get(TenantLife);
  return runAs({ tenantId, actor: OPERATOR }, async () => {
    const { id } = await life.exports.ask();
    await eventually(async () => expect(await life.exports.get(id)).toMatchObject({ state: 'done' }), { timeoutMs: 30_000 });
    await settle(booted);
    return Buffer.concat(await Array.fromAsync((await life.exports.archive(id)).content));
  });
}

async function imported(booted: BootedContexts, archive: Buffer, options: { trusted?: string[]; clone?: boolean } = {}): Promise<string> {
  const { tenantId, orderId } = await booted.get(TenantLife).imports.take(inChunks(archive), options);
  await eventually(async () => expect(await booted.get(TenantLife).imports.progress(tenantId, orderId))
    .toMatchObject({ state: 'done', error: null }), { timeoutMs: 30_000 });
  await settle(booted);
  return tenantId;
}

const AUDIT = /^rows\/tenancy\.audit_/;

describe.each(engines)('an import on %s', (engine) => {
  let [home, abroad] = [] as unknown as [BootedContexts, BootedContexts];
  let owner: Owner;
  let archive: Buffer;
  let trusted: string[];
  beforeAll(async () => {
    [home, abroad] = [await openHouse(engine), await openHouse(engine)];
    owner = await newOwner(home, 'Riff', 'ada@riff.example');
    await fill(home, owner);
    archive = await archiveOf(home, owner.tenantId);
    trusted = [home.get(TenantLife).imports.publicKey];
  }, 120_000);
  afterAll(async () => {
    await home?.close();
    await abroad?.close();
  });

  it.each<[string, (archive: Buffer) => Buffer, RegExp]>([
    ['of a key that nobody trusts', (whole) => whole, /--trust/],
    ['whose rows were changed', (whole) => flipped(whole, 'barometer'), /is not what was signed/],
    ['whose manifest was changed', (whole) => flipped(whole, 'atoll-archive'), /somebody changed it/],
    ['that ends too early', (whole) => whole.subarray(0, whole.length - 2_000), /truncated/],
    ['that is something else', () => Buffer.from('PK\u0003\u0004'.padEnd(2_000, 'x')), /cannot be read as a tar/],
    ['with one file more than was signed', (whole) => insertedEntry(whole, '../../etc/passwd'), /holds more than its manifest lists/],
    ['with a file under another name', (whole) => renamedEntry(whole, 'rows/memory.fact.jsonl', '../../../tmp/x.jsonl'),
      /where rows\/memory.fact.jsonl should be/],
  ])('refuses an archive %s, and keeps nothing of it', async (name, change, message) => {
    await expect(imported(abroad, change(archive), name.includes('nobody trusts') ? {} : { trusted })).rejects.toThrow(message);
    expect(await traces(abroad, owner.tenantId)).toEqual([]);
  });

  it.each<[string, (manifest: Record<string, never>) => unknown, RegExp]>([
    ['leads out of its folder', (manifest) =>
      ({ ...manifest, files: [{ path: 'blobs/search/../../x', bytes: 1, sha256: '0'.repeat(64) }] }), /names a file that no archive has/],
    ['leads out of its folder by its coding', (manifest) =>
      ({ ...manifest, files: [{ path: 'blobs/search/files/%2e%2e', bytes: 1, sha256: '0'.repeat(64) }] }),
      /names a file that no archive has/],
    ['brings rows of a table that stays', (manifest) =>
      ({ ...manifest, files: [{ path: 'rows/tenancy.session.jsonl', bytes: 0, rows: 1, sha256: '0'.repeat(64) }] }),
      /nothing here takes in/],
    ['brings blobs of a folder that stays', (manifest) =>
      ({ ...manifest, files: [{ path: 'blobs/tenancy/audit/latest', bytes: 0, sha256: '0'.repeat(64) }] }), /nothing here takes in/],
    ['is larger than allowed', (manifest) =>
      ({ ...manifest, files: [{ path: 'rows/memory.fact.jsonl', bytes: 1e15, sha256: '0'.repeat(64) }] }), /ATOLL_ARCHIVE_GIGABYTES/],
    ['is of another version', (manifest) => ({ ...manifest, version: 2 }), /of version 2/],
    ['is of a newer Atoll', (manifest) => ({ ...manifest, contexts: [{ context: 'memory', schema: 'memory/9999-later' }] }), /newer Atoll/],
  ])('refuses a signed archive that %s', async (_name, change, message) => {
    await expect(imported(abroad, retold(abroad, archive, change as never))).rejects.toThrow(message);
    expect(await traces(abroad, owner.tenantId)).toEqual([]);
  });

  it('into another deployment is the same tenant: exported again, it is equal', async () => {
    expect(await imported(abroad, archive, { trusted })).toBe(owner.tenantId);
    const again = untar(await archiveOf(abroad, owner.tenantId));
    const first = untar(archive);
    expect([...again.keys()].sort()).toEqual([...first.keys()].sort());
    for (const path of first.keys()) {
      if (path.startsWith('rows/') && !AUDIT.test(path)) expect([path, linesIn(again, path)]).toEqual([path, linesIn(first, path)]);
      if (path.startsWith('blobs/')) expect(again.get(path)!.equals(first.get(path)!)).toBe(true);
    }
    const log = linesIn(again, 'rows/tenancy.audit_entry.jsonl');
    for (const line of linesIn(first, 'rows/tenancy.audit_entry.jsonl')) expect(log).toContain(line);
    await expect(imported(abroad, archive, { trusted })).rejects.toThrow('exists here already');
  }, 60_000);

  it('is used there: its owner gets a new password, finds what was asked, and the audit chain goes on', async () => {
    await withClient(home.admin, async (from) => {
      const { rows: [person] } = await from.query<{ password_hash: string }>('select password_hash from tenancy.identity where email = $1',
        [owner.email]);
      await withClient(abroad.admin, (to) => to.query('update tenancy.identity set password_hash = $1 where email = $2 and ' +
        'password_hash is null', [person!.password_hash, owner.email]));
    });
    const { body: { accessToken } } = await abroad.with().post<{ accessToken: string }>('/v1/auth/login',
      { email: owner.email, password: PASSWORD });
    const caller = abroad.with(accessToken);
    expect((await caller.get<{ items: { text: string }[] }>('/v1/memories')).body.items.map(({ text }) => text))
      .toContain('The spare key hangs behind the barometer.');
    const { body: found } = await caller.post<{ items: { text: string }[] }>('/v1/search', { query: 'ferry to Korcula minutes' });
    expect(JSON.stringify(found)).toContain('95 minutes');
    await eventually(async () => expect((await caller.get('/v1/audit/verification')).body).toMatchObject({ whole: true, firstBad: null }));
    expect((await caller.get<{ items: unknown[] }>('/v1/audit?action=tenancy.tenant.imported')).body.items).toHaveLength(1);
  });

  it('as a clone beside the original has ids of its own throughout, and is otherwise equal', async () => {
    const tenantId = await imported(home, archive, { clone: true });
    expect(tenantId).not.toBe(owner.tenantId);
    const clone = untar(await archiveOf(home, tenantId));
    const first = untar(archive);
    const here = (id: string): string => clonedId(id, owner.tenantId, tenantId);
    const moved = (text: string): string => text.replace(/(?<=\\?")[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\\?")/g, here);
    for (const path of first.keys()) {
      if (path.startsWith('rows/') && !AUDIT.test(path))
        expect([path, linesIn(clone, path)]).toEqual([path, linesIn(first, path).map(moved).sort()]);
      if (path.startsWith('blobs/')) expect(
        clone.get(path.split('/').map((part) => (part.length === 36 ? here(part) : part)).join('/'))!.equals(first.get(path)!)).toBe(true);
    }
    const ids = (files: Map<string, Buffer>): Set<string> =>
      new Set([...files].filter(([path]) => path.startsWith('rows/') && !AUDIT.test(path))
        .flatMap(([, text]) => text.toString().match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [])
        .filter((id) => !id.startsWith('00000000-')));
    expect([...ids(clone)].filter((id) => ids(first).has(id))).toEqual([]);
    const { body } = await home.with().post<{ tenants?: unknown[]; reason?: string }>('/v1/auth/login',
      { email: owner.email, password: PASSWORD, tenantId });
    expect(body).toMatchObject({ tenant: { id: tenantId } });
    const caller = home.with((body as unknown as { accessToken: string }).accessToken);
    await eventually(async () => expect((await caller.get('/v1/audit/verification')).body).toMatchObject({ whole: true }));
    expect(JSON.stringify((await caller.post('/v1/search', { query: 'ferry to Korcula minutes' })).body)).toContain('95 minutes');
  }, 60_000);

  it('that a context cannot take in is taken back by itself: nothing half-imported remains', async () => {
    const life = abroad.get(TenantLife);
    const other = await newOwner(home, 'Broken', `${newId()}@reef.example`);
    await other.caller.post('/v1/memories', { text: 'Half of it.' });
    await settle(home);
    const broken = retold(home, await archiveOf(home, other.tenantId), (manifest) => manifest,
      { 'rows/memory.fact.jsonl': (text) => text.replace('"told"', '"nonsense"') });
    const { tenantId, orderId } = await life.imports.take(inChunks(broken), { trusted });
    expect(tenantId).toBe(other.tenantId);
    await eventually(async () => {
      expect((await life.imports.progress(tenantId, orderId))?.state).not.toBe('running');
    }, { timeoutMs: 40_000, everyMs: 100 });
    await eventually(async () => {
      await life.steps.work();
      expect(await life.erasures.of(tenantId)).toMatchObject({ cause: 'import', state: 'done' });
    }, { timeoutMs: 20_000, everyMs: 200 });
    expect(await traces(abroad, tenantId)).toEqual([]);
  }, 90_000);
});
