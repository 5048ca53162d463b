import { createHash } from 'node:crypto';
import { keyOf } from '#platform/core';
import type { Blobs } from '../src/blobs/blobs.js';

const A = '01900000-0000-7000-8000-00000000000a';
const B = '01900000-0000-7000-8000-00000000000b';

export interface BlobStore {
  /** Two of them on one store, as two processes have. */
  blobs: [Blobs, Blobs];
  /** Makes a blob look as if it had been stored then. */
  age(key: string, at: Date): void;
  /** Everything the store holds, in no order, with what is unfinished. */
  everything(): string[];
  close(): Promise<void>;
}

/** More than a part of an upload, and of no pattern that a part in the wrong place would keep. */
const LARGE = Buffer.from(Uint32Array.from({ length: 2_250_000 }, (_, at) => Math.imul(at, 2_654_435_761)).buffer);

/** What every store of files keeps its word on. */
export function blobsConformance(name: string, open: () => Promise<BlobStore>): void {
  describe(`blobs: ${name}`, () => {
    let store: BlobStore;
    let blobs: Blobs;
    let other: Blobs;
    const key = keyOf(A, 'search', 'file-1');
    beforeAll(async () => {
      store = await open();
      [blobs, other] = store.blobs;
    });
    afterAll(() => store.close());

    it('is ready', async () => {
      await expect(blobs.assertReady()).resolves.toBeUndefined();
    });

    it('keeps bytes and streams, tells their length and SHA-256, and shows them to every process', async () => {
      const info = await blobs.put(key, chunks('hello ', 'world'));
      expect(info).toEqual({ bytes: 11, sha256: createHash('sha256').update('hello world').digest('hex') });
      expect((await other.get(key)).toString()).toBe('hello world');
      expect(await other.size(key)).toBe(11);
      await other.put(key, Buffer.from('other'));
      expect((await blobs.get(key)).toString()).toBe('other');
    });

    it('reads ranges, also of what is empty or shorter', async () => {
      const read = async (range?: { start: number; end?: number }): Promise<string> => Buffer.concat(
        await Array.fromAsync(await blobs.read(key, range))
      ).toString();
      await blobs.put(key, Buffer.from('hello world'));
      expect(await read({ start: 6, end: 8 })).toBe('wor');
      expect(await read({ start: 6 })).toBe('world');
      expect(await read({ start: 0, end: 4_095 })).toBe('hello world');
      expect(await read({ start: 11, end: 20 })).toBe('');
      await blobs.put(key, Buffer.alloc(0));
      expect(await read({ start: 0, end: 4_095 })).toBe('');
      expect(await read()).toBe('');
      expect(await blobs.size(key)).toBe(0);
    });

    it('keeps what is larger than one part, from a buffer and from a stream of odd pieces', async () => {
      const pieces = async function* (): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < LARGE.length; at += 777_777) yield LARGE.subarray(at, at + 777_777);
      };
      const told = { bytes: LARGE.length, sha256: createHash('sha256').update(LARGE).digest('hex') };
      for (const content of [LARGE, pieces()]) {
        expect(await blobs.put(key, content)).toEqual(told);
        expect(Buffer.compare(await blobs.get(key), LARGE)).toBe(0);
      }
    });

    it.each([
      ['fails', async function* () { yield Buffer.from('half'); throw new Error('source died'); }, 'source died', {}],
      ['fails after some parts', async function* () { yield LARGE; throw new Error('source died'); }, 'source died', {}],
      ['is too large', () => chunks('12345', '67890', '1'), 'larger than 10 bytes', { maxBytes: 10 }],
      [
        'is too large after some parts', async function* () { for (;;) yield LARGE; }, 'larger than 20000000 bytes',
        { maxBytes: 20_000_000 },
      ],
      ['is stopped', () => chunks('1', '2'), 'aborted', { signal: AbortSignal.abort() }],
    ])('keeps the former content when the source %s, and leaves nothing behind', async (_name, source, message, options) => {
      await blobs.put(key, Buffer.from('whole'));
      const before = store.everything();
      await expect(blobs.put(key, source(), options)).rejects.toThrow(message);
      expect((await blobs.get(key)).toString()).toBe('whole');
      expect(store.everything()).toEqual(before);
    });

    it('is stopped in the middle', async () => {
      await blobs.put(key, Buffer.from('whole'));
      const stop = new AbortController();
      const source = async function* (): AsyncGenerator<Uint8Array> {
        yield LARGE;
        stop.abort();
        yield LARGE;
      };
      await expect(blobs.put(key, source(), { signal: stop.signal })).rejects.toThrow('aborted');
      expect((await blobs.get(key)).toString()).toBe('whole');
    });

    it('says of a source that is too large whose fault it is', async () => {
      await expect(blobs.put(key, Buffer.from('12'), { maxBytes: 1 })).rejects.toMatchObject(
        { code: 'too-large', reason: 'kernel.blob-too-large' }
      );
    });

    it('shows the former content until the new one is whole', async () => {
      await blobs.put(key, Buffer.from('former'));
      const seen: string[] = [];
      const source = async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.from('new');
        seen.push((await other.get(key)).toString());
        yield Buffer.from('er');
      };
      await blobs.put(key, source());
      expect([...seen, (await other.get(key)).toString()]).toEqual(['former', 'newer']);
    });

    it('deletes one, all of a tenant, and what is not there', async () => {
      const gone = keyOf(A, 'search', 'x');
      await blobs.put(gone, Buffer.from('1'));
      await blobs.put(keyOf(B, 'search', 'x'), Buffer.from('2'));
      await blobs.delete(gone);
      await blobs.delete(gone);
      await expect(blobs.get(gone)).rejects.toMatchObject({ code: 'not-found' });
      await expect(blobs.read(gone)).rejects.toThrow('No such file');
      expect(await blobs.size(gone)).toBeUndefined();
      for (const id of ['1', '2', '3']) await blobs.put(keyOf(A, 'other', id), Buffer.from(id));
      await blobs.deleteTenant(A);
      await blobs.deleteTenant(A);
      expect(await keys(blobs.list(A, 'search'))).toEqual([]);
      expect(await keys(blobs.list(A, 'other'))).toEqual([]);
      expect(await keys(blobs.list(B, 'search'))).toEqual([keyOf(B, 'search', 'x')]);
      await blobs.deleteTenant(B);
      expect(store.everything()).toEqual([]);
    });

    it('lists the blobs of one context of one tenant', async () => {
      const own = [keyOf(A, 'search', 'files', 'a b'), keyOf(A, 'search', 'files', 'ü/..'), keyOf(A, 'search', '1')];
      for (const each of [...own, keyOf(A, 'searching', '1'), keyOf(B, 'search', '1')]) await blobs.put(each, Buffer.from('x'));
      expect(await keys(blobs.list(A, 'search'))).toEqual([...own].sort());
      expect(
        (await Array.fromAsync(blobs.list(A, 'search'))).map(({ id }) => id.join('|')).sort()
      ).toEqual(['1', 'files|a b', 'files|ü/..']);
      expect(await keys(blobs.list(A, 'nothing'))).toEqual([]);
    });

    it('tells what was stored long ago in a context', async () => {
      const yesterday = new Date(Date.now() - 86_400_000);
      const old = [keyOf(A, 'search', 'files', 'a b'), keyOf(B, 'search', 'files', '2')];
      const all = [...old, keyOf(A, 'search', 'files', 'new'), keyOf(A, 'other', 'files', '1')];
      for (const each of all) await blobs.put(each, Buffer.from('x'));
      for (const each of [...old, keyOf(A, 'other', 'files', '1')]) store.age(each, yesterday);
      const found = await Array.fromAsync(blobs.storedBefore('search', new Date(Date.now() - 3_600_000)));
      expect(found.sort((a, b) => a.key.localeCompare(b.key))).toEqual([
        { key: old[0], tenantId: A, id: ['files', 'a b'] },
        { key: old[1], tenantId: B, id: ['files', '2'] },
      ]);
      expect(await Array.fromAsync(blobs.storedBefore('nothing', new Date()))).toEqual([]);
      await blobs.deleteTenant(A);
      await blobs.deleteTenant(B);
    });

    it.each([
      '', '..', '../../etc/passwd', `${A}`, `${A}/search`, `${A}/../${B}/search/x`, `${A}/search/../../x`, `${A}/search/..`, `${A}//x`,
      `/${A}/search/x`, `${A}/search/a\\b`,
      `${A}/search/\0`, 'x/search/y',
    ])('refuses the key "%s"', async (bad) => {
      await expect(blobs.put(bad, Buffer.from('x'))).rejects.toThrow('a bug in Atoll');
      await expect(blobs.get(bad)).rejects.toThrow('a bug in Atoll');
      await expect(blobs.delete(bad)).rejects.toThrow('a bug in Atoll');
    });

    it('takes any id through keyOf without leaving its folder', async () => {
      for (const id of ['a/b', 'ü ..', '%2e%2e', '....', 'a\\b', 'C:', "(~!'*)"]) {
        await blobs.put(keyOf(A, 'search', id), Buffer.from(id));
        expect((await blobs.get(keyOf(A, 'search', id))).toString()).toBe(id);
      }
      expect(() => keyOf(A, 'search', '..')).toThrow('a bug in Atoll');
      expect(() => keyOf(A, 'search', '')).toThrow('a bug in Atoll');
      await expect(blobs.deleteTenant('..')).rejects.toThrow('a bug in Atoll');
      await expect(Array.fromAsync(blobs.list(A, '..'))).rejects.toThrow('a bug in Atoll');
    });
  });
}

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function keys(blobs: AsyncIterable<{ key: string }>): Promise<string[]> {
  return (await Array.fromAsync(blobs)).map(({ key }) => key).sort();
}
