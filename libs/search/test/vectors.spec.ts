import { Db } from '#platform/database';
import { Embedder, OfflineEmbedder } from '#platform/adapters';
import { newId } from '#platform/core';
import { asTenant, bootContexts, type BootedContexts } from '#platform/testing';
import { DocumentRow } from '../src/document/document.entity.js';
import { IndexStore } from '../src/index/index.store.js';
import { PgvectorIndex, ScanIndex, VectorIndex } from '../src/index/vector-index.js';
import { packPostings } from '../src/rank/postings.js';
import { context } from '../src/search.module.js';

const MODEL = 'some-model';

/** Deterministic vectors of unit length, all of one cloud: the hard case for a filtered walk. */
function vectorOf(seed: number): Float32Array {
  let state = seed * 2_654_435_761;
  const vector = Float32Array.from({ length: 384 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2_147_483_648;
  });
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** pgvector comes with the embedded engine only; what it answers is held against comparing every vector here. */
describe('a small tenant among large ones, with pgvector', () => {
  let booted: BootedContexts;
  let db: Db;
  const small = newId();
  const large = newId();

  beforeAll(async () => {
    booted = await bootContexts([context], { overrides: [{ provide: Embedder, useValue: new OfflineEmbedder() }] });
    const store = booted.get(IndexStore);
    ({ db } = store as unknown as { db: Db });
    await fill(store, large, 600, 0);
    await fill(store, small, 40, 10_000);
  }, 120_000);
  afterAll(() => booted?.close());

  async function fill(store: IndexStore, tenant: string, passages: number, seed: number): Promise<void> {
    const id = newId();
    const passage = { start: 0, end: 1, text: 'x', heading: null, page: null, context: '', terms: 'x', length: 1 };
    await asTenant(tenant, async () => {
      await db.repo(DocumentRow).insert({
        tenantId: tenant, id, kind: 'file', source: 'added', name: 'x', mediaType: 'text/plain', format: 'text', bytes: 1,
        fingerprint: Buffer.from(id), state: 'ready', sample: false, version: 1, reason: null, reasonCode: null,
        language: 'en', pages: null, characters: 1, passages, embedder: MODEL, revision: 1, generation: 1, createdBy: 'x',
        createdAt: new Date(), indexedAt: new Date(),
      });
      for (let from = 0; from < passages; from += 50) {
        const size = Math.min(50, passages - from);
        await store.append([{
          documentId: id, generation: 1, language: 'en', model: MODEL,
          vectors: Array.from({ length: size }, (_, at) => vectorOf(seed + from + at)),
          part: { passages: Array.from({ length: size }, () => passage),
            postings: packPostings(Array.from({ length: size }, () => ({ counts: new Map([['x', 1]]), length: 1 }))) },
        }]);
      }
    });
  }

  const nearest = (index: VectorIndex, tenant: string, query: number, limit: number): Promise<number[]> =>
    asTenant(tenant, async () => [...(await index.nearest(MODEL, vectorOf(query), limit)).keys()]);

  it.each([1, 2, 3, 4, 5])('exact: the same as comparing every vector in the process (question %i)', async (query) => {
    const index = booted.get(VectorIndex as never) as VectorIndex;
    expect(index).toBeInstanceOf(PgvectorIndex);
    const scan = new ScanIndex(db, 50_000_000);
    for (const tenant of [small, large])
      expect(await nearest(index, tenant, 777_000 + query, 20)).toEqual(await nearest(scan, tenant, 777_000 + query, 20));
  });

  it('HNSW: walks on until it has found enough rows of the small tenant', async () => {
    const index = booted.get(VectorIndex as never) as unknown as { approximate(model: string, query: Float32Array,
      limit: number): Promise<number[]> };
    const scan = new ScanIndex(db, 50_000_000);
    let found = 0;
    for (let query = 0; query < 5; query++) {
      const exact = await nearest(scan, small, 778_000 + query, 20);
      const approximate = await asTenant(small, () => index.approximate(MODEL, vectorOf(778_000 + query), 20));
      found += approximate.filter((number) => exact.includes(number)).length;
    }
    expect(found / 100).toBeGreaterThan(0.9);
  });

  it('never compares vectors of another model, and gives up on memory in words', async () => {
    const index = booted.get(VectorIndex as never) as VectorIndex;
    expect(await asTenant(small, async () => (await index.nearest('other-model', vectorOf(1), 5)).size)).toBe(0);
    expect(await asTenant(large, async () => (await new ScanIndex(db, 1_000).nearest(MODEL, vectorOf(1), 5)).size)).toBe(0);
  });

  it('keeps what it holds in memory in step with the index', async () => {
    const scan = new ScanIndex(db, 50_000_000);
    const before = await asTenant(small, async () => (await scan.nearest(MODEL, vectorOf(9), 100)).size);
    await fill(booted.get(IndexStore), small, 5, 20_000);
    expect(await asTenant(small, async () => (await scan.nearest(MODEL, vectorOf(9), 100)).size)).toBe(before + 5);
  });
});
