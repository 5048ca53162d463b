import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyOf } from '#platform/core';
import { LocalBlobs } from '../src/blobs/local-blobs.js';
import { blobsConformance } from './blobs.suite.js';

const A = '01900000-0000-7000-8000-00000000000a';

blobsConformance('a folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-blobs-'));
  return {
    blobs: [new LocalBlobs(folder), new LocalBlobs(folder)],
    age: (key, at) => utimesSync(join(folder, ...key.split('/')), at, at),
    everything: () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).map(({ name }) => name),
    close: async () => rmSync(folder, { recursive: true }),
  };
});

describe('LocalBlobs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-blobs-'));
  const blobs = new LocalBlobs(folder);
  const key = keyOf(A, 'search', 'file-1');
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is readable by its owner alone', async () => {
    await blobs.put(key, Buffer.from('x'));
    expect(statSync(join(folder, ...key.split('/'))).mode & 0o777).toBe(0o600);
  });

  it('says of a full disk that it is not the sender who is to blame', async () => {
    const full = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    };
    await expect(blobs.put(key, full())).rejects.toMatchObject(
      { code: 'unavailable', reason: 'kernel.blob-store-full', details: { retryAfterSeconds: 30 } }
    );
    expect(readdirSync(join(folder, A, 'search'))).toEqual(['file-1']);
  });

  it('clears what killed processes left half written', async () => {
    const yesterday = new Date(Date.now() - 86_400_000);
    const half = join(folder, A, 'search', 'x.01900000-0000-4000-8000-000000000000.part');
    writeFileSync(half, 'x');
    utimesSync(half, yesterday, yesterday);
    expect(await Array.fromAsync(blobs.storedBefore('search', new Date(Date.now() - 3_600_000)))).toEqual([]);
    expect(readdirSync(join(folder, A, 'search'))).toEqual(['file-1']);
  });

  it('is ready before there is a folder, and gives no links', async () => {
    await expect(new LocalBlobs(join(folder, 'later')).assertReady()).resolves.toBeUndefined();
    expect(await blobs.link()).toBeUndefined();
  });

  it('says that its folder cannot be written', async () => {
    await expect(
      new LocalBlobs(join(folder, 'x'.repeat(300))).assertReady()
    ).rejects.toMatchObject({ code: 'invalid', reason: 'kernel.blob-folder' });
  });
});
