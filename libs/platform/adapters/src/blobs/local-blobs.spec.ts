import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyOf } from '#platform/core';
import { LocalBlobs } from './local-blobs.js';

const A = '01900000-0000-7000-8000-00000000000a';
const B = '01900000-0000-7000-8000-00000000000b';

describe('LocalBlobs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-blobs-'));
  const blobs = new LocalBlobs(folder);
  const key = keyOf(A, 'search', 'file-1');
  afterAll(() => rmSync(folder, { recursive: true }));

  async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
    for (const text of texts) yield Buffer.from(text);
  }

  it('keeps bytes and streams, and tells their length and SHA-256', async () => {
    const info = await blobs.put(key, chunks('hello ', 'world'));
    expect(info).toEqual({ bytes: 11, sha256: createHash('sha256').update('hello world').digest('hex') });
    expect((await blobs.get(key)).toString()).toBe('hello world');
    expect(await blobs.size(key)).toBe(11);
    const read: Buffer[] = [];
    for await (const chunk of await blobs.read(key, { start: 6, end: 8 })) read.push(chunk as Buffer);
    expect(Buffer.concat(read).toString()).toBe('wor');
    await blobs.put(key, Buffer.from('other'));
    expect((await blobs.get(key)).toString()).toBe('other');
  });

  it('is readable by its owner alone', () => {
    expect(statSync(join(folder, ...key.split('/'))).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['fails', async function* () { yield Buffer.from('half'); throw new Error('source died'); }, 'source died', {}],
    ['is too large', () => chunks('12345', '67890', '1'), 'larger than 10 bytes', { maxBytes: 10 }],
    ['finds the disk full', async function* () { yield Buffer.from('half'); throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }); }, 'The disk for files is full', {}],
    ['is stopped', () => chunks('1', '2'), 'aborted', { signal: AbortSignal.abort() }],
  ])('keeps the former content when the source %s, and leaves nothing behind', async (_name, source, message, options) => {
    await blobs.put(key, Buffer.from('whole'));
    await expect(blobs.put(key, source(), options)).rejects.toThrow(message);
    expect((await blobs.get(key)).toString()).toBe('whole');
    expect(readdirSync(join(folder, A, 'search'))).toEqual(['file-1']);
  });

  it('says of a full disk that it is not the sender who is to blame', async () => {
    const full = async function* (): AsyncGenerator<Uint8Array> { throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }); };
    await expect(blobs.put(key, full())).rejects.toMatchObject({ code: 'unavailable', reason: 'kernel.blob-store-full', details: { retryAfterSeconds: 30 } });
  });

  it('deletes one, all of a tenant, and what is not there', async () => {
    await blobs.put(keyOf(A, 'search', 'x'), Buffer.from('1'));
    await blobs.put(keyOf(B, 'search', 'x'), Buffer.from('2'));
    await blobs.delete(keyOf(A, 'search', 'x'));
    await blobs.delete(keyOf(A, 'search', 'x'));
    await expect(blobs.get(keyOf(A, 'search', 'x'))).rejects.toThrow('No such file');
    await expect(blobs.read(keyOf(A, 'search', 'x'))).rejects.toThrow('No such file');
    expect(await blobs.size(keyOf(A, 'search', 'x'))).toBeUndefined();
    await blobs.deleteTenant(A);
    expect(readdirSync(folder)).toEqual([B]);
  });

  it('tells what was stored long ago in a context, and clears what killed processes left half written', async () => {
    const yesterday = new Date(Date.now() - 86_400_000);
    const put = async (key: string): Promise<string> => (await blobs.put(key, Buffer.from('x')), key);
    const old = [await put(keyOf(A, 'search', 'files', 'a b')), await put(keyOf(B, 'search', 'files', '2'))];
    await put(keyOf(A, 'search', 'files', 'new'));
    await put(keyOf(A, 'other', 'files', '1'));
    const half = join(folder, A, 'search', 'files', 'x.01900000-0000-4000-8000-000000000000.part');
    writeFileSync(half, 'x');
    for (const path of [...old.map((key) => join(folder, ...key.split('/'))), half, join(folder, A, 'other', 'files', '1')]) utimesSync(path, yesterday, yesterday);
    const found = await Array.fromAsync(blobs.storedBefore('search', new Date(Date.now() - 3_600_000)));
    expect(found.sort((a, b) => a.key.localeCompare(b.key))).toEqual([
      { key: old[0], tenantId: A, id: ['files', 'a b'] },
      { key: old[1], tenantId: B, id: ['files', '2'] },
    ]);
    expect(readdirSync(join(folder, A, 'search', 'files')).sort()).toEqual(['a%20b', 'new']);
    expect(await Array.fromAsync(blobs.storedBefore('nothing', new Date()))).toEqual([]);
    await blobs.deleteTenant(A);
    await blobs.deleteTenant(B);
  });

  it.each(['', '..', '../../etc/passwd', `${A}`, `${A}/search`, `${A}/../${B}/search/x`, `${A}/search/../../x`, `${A}/search/..`, `${A}//x`, `/${A}/search/x`, `${A}/search/a\\b`, `${A}/search/\0`, `x/search/y`])('refuses the key "%s"', async (bad) => {
    await expect(blobs.put(bad, Buffer.from('x'))).rejects.toThrow('a bug in Atoll');
    await expect(blobs.get(bad)).rejects.toThrow('a bug in Atoll');
  });

  it('takes any id through keyOf without leaving its folder', async () => {
    for (const id of ['a/b', 'ü ..', '%2e%2e', '....', 'a\\b', 'C:']) {
      await blobs.put(keyOf(A, 'search', id), Buffer.from(id));
      expect((await blobs.get(keyOf(A, 'search', id))).toString()).toBe(id);
    }
    expect(() => keyOf(A, 'search', '..')).toThrow('a bug in Atoll');
    expect(() => keyOf(A, 'search', '')).toThrow('a bug in Atoll');
    await expect(blobs.deleteTenant('..')).rejects.toThrow('a bug in Atoll');
  });
});
