import { createPublicKey, verify } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { type BootedContexts, engines } from '#platform/testing';
import { type Owner, exported, fill, linesIn, newOwner, openHouse, sha256, untar, wirings } from './full-tenant.js';

describe.each(engines)('the export of a tenant on %s', (engine) => {
  let booted: BootedContexts;
  let owner: Owner;
  let other: Owner;
  let archive: Buffer;
  beforeAll(async () => {
    booted = await openHouse(engine);
    [owner, other] = [await newOwner(booted, 'Riff', 'ada@riff.example'), await newOwner(booted, 'Quillfeather', 'eve@quill.example')];
    await other.caller.post('/v1/memories', { text: 'Quillfeather secret.' });
    await fill(booted, owner);
    archive = await exported(booted, owner);
  }, 120_000);
  afterAll(() => booted?.close());

  it('is a tar that other programs read', () => {
    const { stdout, status } = spawnSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout.split('\n').slice(0, 2)).toEqual(['manifest.json', 'signature.json']);
  });

  it('holds what every table that moves has, the uploaded files, and nothing that stays', async () => {
    const files = untar(archive);
    const manifest = JSON.parse(files.get('manifest.json')!.toString());
    expect(manifest).toMatchObject({ format: 'atoll-archive', version: 1, kind: 'tenant', tenantId: owner.tenantId, missing: [] });
    for (const { path, bytes, sha256: hash } of manifest.files)
      expect([path, files.get(path)!.length, sha256(files.get(path)!)]).toEqual([path, bytes, hash]);
    const moving = (await wirings()).flatMap(({ dataMap = {} }) =>
      Object.entries(dataMap).filter(([, { life }]) => life === 'moves').map(([table]) => `rows/${table}.jsonl`));
    expect([...files.keys()].filter((path) => path.startsWith('rows/')).sort()).toEqual(moving.sort());
    const empty = moving.filter((path) => linesIn(files, path).length === 0);
    expect(empty).toEqual(['rows/tenancy.sign_in_policy.jsonl']);
    expect([...files].find(([path]) => path.startsWith('blobs/search/files/'))![1].toString()).toContain('bicycle costs 4 euros');
    const all = archive.toString('latin1');
    expect(all).toContain('barometer');
    for (const secret of ['argon2', 'sealed_scope', 'secret_hash', 'identity_id', 'Quillfeather', other.tenantId])
      expect(all).not.toContain(secret);
  });

  it('is signed by the deployment', () => {
    const files = untar(archive);
    const { key, signature } = JSON.parse(files.get('signature.json')!.toString());
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(key, 'base64url')]);
    const check = (text: Buffer): boolean =>
      verify(null, text, createPublicKey({ key: spki, format: 'der', type: 'spki' }), Buffer.from(signature, 'base64url'));
    const manifest = files.get('manifest.json')!;
    expect([check(manifest), check(Buffer.concat([manifest, Buffer.from(' ')]))]).toEqual([true, false]);
  });

  it('is the owner’s alone, and its link opens for a while and as it was made', async () => {
    const { body: { items } } = await owner.caller.get<{ items: { id: string; rows: Record<string, number>; files: number; bytes: number;
      sha256: string }[] }>('/v1/tenant/exports');
    expect(items).toMatchObject(
      [{ state: 'done', files: 1, bytes: archive.length, sha256: sha256(archive), rows: { 'memory.message': 2, 'search.document': 2 } }]);
    expect((await other.caller.get(`/v1/tenant/exports/${items[0]!.id}`)).status).toBe(404);
    expect((await other.caller.post(`/v1/tenant/exports/${items[0]!.id}/link`)).status).toBe(404);
    const { body: { path } } = await owner.caller.post<{ path: string }>(`/v1/tenant/exports/${items[0]!.id}/link`);
    const open = async (url: string): Promise<number> => (await booted.app.inject({ method: 'GET', url })).statusCode;
    const parts = path.split('.');
    expect(await open(path)).toBe(200);
    expect(await Promise.all([path.slice(0, -2), path.replace(owner.tenantId, other.tenantId),
      [parts[0], parts[1], Number(parts[2]) + 60_000, parts[3]].join('.'), '/v1/tenant-archives?link=x'].map(open)))
      .toEqual([404, 404, 404, 404]);
    expect((await booted.as(owner.tenantId, { permissions: ['*.read'] }).get('/v1/tenant/exports')).status).toBe(401);
    await expect(owner.caller.get('/v1/audit?action=tenancy.export.'))
      .resolves.toMatchObject({ body: { items: expect.arrayContaining([expect.objectContaining({ action: 'tenancy.export.asked' })]) } });
  });
});
