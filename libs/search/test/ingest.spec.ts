import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, Module } from '@nestjs/common';
import { Blobs } from '#platform/adapters';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { contract, CoreConfig, newId } from '#platform/core';
import { Db } from '#platform/database';
import { On, type Received } from '#platform/messaging';
import { asTenant, bootContexts, type BootedContexts, engines, eventually } from '#platform/testing';
import { Search } from '../src/contract.js';
import { blobKey } from '../src/document/blob-key.js';
import { OrphanFileCleanupJob } from '../src/document/orphan-file-cleanup.job.js';
import { documentFailed, documentIndexed, documentRemoved } from '../src/events.js';
import { IndexStore } from '../src/index/index.store.js';
import type { DocumentRow } from '../src/document/document.entity.js';
import { DocumentProgress } from '../src/ingest/document-progress.service.js';
import { Indexer } from '../src/ingest/indexer.service.js';
import { prepare } from '../src/prepare/prepare.js';
import { context } from '../src/search.module.js';

const heard: { name: string; data: { documentId: string } }[] = [];

@Injectable()
class Listener {
  @On(documentIndexed, 'listener.indexed') indexed(event: Received<typeof documentIndexed>): void { heard.push(event); }
  @On(documentFailed, 'listener.failed') failed(event: Received<typeof documentFailed>): void { heard.push(event); }
  @On(documentRemoved, 'listener.removed') removed(event: Received<typeof documentRemoved>): void { heard.push(event); }
}

abstract class Nothing {}

@Module({ imports: [ContextModule.for('listener')], providers: [Listener] })
class ListenerModule {}

const listener: ContextWiring = { name: 'listener', contract: contract<Nothing>('listener', Nothing, {}), module: ListenerModule,
  config: [], entities: [], migrations: [] };

const prose = (subject: string, sentences: number): string =>
  Array.from({ length: sentences }, (_, at) => `The ${subject} of the harbour has its number ${at} written on the wall in white paint.`)
    .join(' ');

describe.each(engines)('a document added over the contract on %s', (engine) => {
  let booted: BootedContexts;
  let search: Search;
  const tenant = newId();

  beforeAll(async () => {
    booted = await bootContexts([context, listener], { engine });
    search = booted.get(Search);
  });
  afterAll(() => booted?.close());

  const inTenant = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const settled = (id: string): Promise<{ state: string; reason: string | null }> => eventually(async () => {
    const status = await search.status({ id });
    if (status.state !== 'ready' && status.state !== 'failed') throw new Error(status.state);
    return status;
  }, { timeoutMs: 30_000 });
  const said = (id: string): string[] => heard.filter(({ data }) => data.documentId === id).map(({ name }) => name);

  /** What BM25 is told of all passages, against the passages there are. */
  async function expectTrueStatistics(): Promise<void> {
    const { db } = booted.get(IndexStore) as unknown as { db: Db };
    const [told] = await db.query('select passages, terms::float8 as terms from search.statistics');
    const [real] = await db.query('select count(*)::int as passages, coalesce(sum(length), 0)::float8 as terms from search.chunk');
    expect(told).toEqual(real);
  }

  it('is indexed once however often it is added, and replaced as a whole', () => inTenant(async () => {
    const id = newId();
    const first = { id, name: 'cranes.md', mediaType: 'text/markdown' as const, text: `# Cranes\n\n${prose('crane', 800)}` };
    expect(await search.add(first)).toEqual({ id, state: 'queued' });
    expect((await settled(id)).state).toBe('ready');
    expect(await search.add(first)).toEqual({ id, state: 'ready' });
    const { passages } = await search.statistics({});
    expect(passages).toBeGreaterThan(50);
    await expectTrueStatistics();

    await search.add({ ...first, text: `# Ferries\n\n${prose('ferry', 10)}` });
    await eventually(async () => expect((await search.statistics({})).passages).toBeLessThan(5), { timeoutMs: 30_000 });
    await expectTrueStatistics();
    const found = await search.find({ text: 'crane of the harbour', limit: 20 });
    expect(found.every(({ text }) => !text.includes('crane'))).toBe(true);
    expect((await search.find({ text: 'ferry', limit: 5 }))[0]).toMatchObject({ documentId: id, heading: 'Ferries' });
    await eventually(() => expect(said(id)).toEqual(['search.document-indexed', 'search.document-indexed']));
  }));

  it('tells why it could not be read, and is no longer found by what it held', () => inTenant(async () => {
    const id = newId();
    await search.add({ id, name: 'tugs.txt', mediaType: 'text/plain', text: prose('tugboat', 20) });
    await settled(id);
    await search.add({ id, name: 'tugs.txt', mediaType: 'text/plain', text: ' \n ' });
    const failed = await eventually(async () => {
      const status = await search.status({ id });
      expect(status.state).toBe('failed');
      return status;
    });
    expect(failed.reason).toContain('no text');
    expect((await search.find({ text: 'tugboat', limit: 20 })).map(({ documentId }) => documentId)).not.toContain(id);
    await expectTrueStatistics();
    await eventually(() => expect(said(id)).toEqual(['search.document-indexed', 'search.document-failed']));
  }));

  // A process that was stopped for longer than its lease, and wakes up while another one does its work again.
  it('is not touched any more by a try that another one has overtaken', () => inTenant(async () => {
    const id = newId();
    await search.add({ id, name: 'ropes.md', mediaType: 'text/markdown', text: `# Ropes\n\n${prose('rope', 300)}` });
    await settled(id);
    const [progress, indexer] = [booted.get(DocumentProgress), booted.get(Indexer)];
    const { db } = booted.get(IndexStore) as unknown as { db: Db };
    await db.query(`update search.document set state = 'queued' where id = $1`, [id]);
    const prepared = prepare({ kind: 'file', name: 'ropes.md' }, { title: null, text: 'Ropes are long.', pages: null, warnings: [],
      blocks: [{ kind: 'paragraph', level: 0, start: 0, end: 15, page: null }] });
    const index = (document: DocumentRow): Promise<void> => indexer.index([{ document, prepared }], new AbortController().signal);

    const job = newId();
    const { documents: [asleep] } = await progress.take(job);
    expect(await progress.take(newId())).toEqual({ documents: [], again: false });
    const { documents: [awake], again } = await progress.take(job);
    expect([awake!.revision, again]).toEqual([asleep!.revision + 1, true]);
    const before = await db.query(`select * from search.document where id = $1`, [id]);
    await index(asleep!);
    await progress.failed(asleep!, 'internal', 'late');
    expect(await db.query(`select * from search.document where id = $1`, [id])).toEqual(before);
    await index(awake!);
    await index(asleep!);
    await progress.failed(asleep!, 'internal', 'late');
    expect((await search.status({ id })).state).toBe('ready');
    expect((await search.find({ text: 'ropes', limit: 5 }))[0]).toMatchObject({ documentId: id, text: 'Ropes are long.' });
    expect(await progress.take(job)).toEqual({ documents: [], again: false });
    await search.remove({ id });
    await expectTrueStatistics();
  }));

  it('that is a sample is found until there is something else, and by its id', () => asTenant(newId(), async () => {
    const add = async (name: string, more: { sample?: boolean } = {}): Promise<string> => {
      const id = newId();
      await search.add({ id, name, mediaType: 'text/plain', text: `The ${name} tells how the anchor is weighed.`, ...more });
      await settled(id);
      return id;
    };
    const found = async (documentIds?: string[]): Promise<string[]> =>
      (await search.find({ text: 'how is the anchor weighed', limit: 5, documentIds })).map(({ documentId }) => documentId);
    const sample = await add('handbook', { sample: true });
    expect(await found()).toEqual([sample]);
    const own = await add('logbook of ours');
    expect(await found()).toEqual([own]);
    expect(await found([sample])).toEqual([sample]);
    await search.remove({ id: own });
    expect(await found()).toEqual([sample]);
  }));

  it('leaves nothing behind', () => inTenant(async () => {
    const id = newId();
    await search.add({ id, name: 'buoys.html', mediaType: 'text/html', text: `<h1>Buoys</h1><p>${prose('buoy', 30)}</p>` });
    await settled(id);
    await search.remove({ id });
    await search.remove({ id });
    await expect(search.status({ id })).rejects.toMatchObject({ code: 'not-found' });
    expect((await search.find({ text: 'buoy', limit: 20 })).map(({ documentId }) => documentId)).not.toContain(id);
    const { db } = booted.get(IndexStore) as unknown as { db: Db };
    for (const table of ['content', 'chunk', 'posting'])
      expect(await db.query(`select 1 from search.${table} where document_id = $1`, [id])).toEqual([]);
    await expectTrueStatistics();
    await eventually(() => expect(said(id)).toEqual(['search.document-indexed', 'search.document-removed']));
  }));

  it('is embedded on demand, within bounds', () => inTenant(async () => {
    const { vectors, model, dimensions, tokens } = await search.embed({ texts: ['one ferry', 'two ferries'], kind: 'passage' });
    expect([vectors.length, model, dimensions, tokens > 0]).toEqual([2, 'offline-1', 384, true]);
    expect(vectors[0]!.reduce((sum, value, at) => sum + value * vectors[1]![at]!, 0)).toBeGreaterThan(0.3);
    await expect(search.embed({ texts: [], kind: 'query' })).rejects.toMatchObject({ code: 'invalid' });
    await expect(search.add({ id: 'no-uuid', name: 'x', mediaType: 'text/plain', text: 'x' })).rejects.toMatchObject({ code: 'invalid' });
  }));

  it('leaves no file behind whose upload was cut off before its row, and takes none that has one', () => inTenant(async () => {
    const id = newId();
    await search.add({ id, name: 'kept.md', mediaType: 'text/markdown', text: '# Kept\n\nThis one has a row.' });
    const [cutOff, justNow] = [blobKey(newId()), blobKey(newId())];
    const blobs = booted.get(Blobs);
    for (const key of [cutOff, justNow]) await blobs.put(key, Buffer.from('x'));
    const yesterday = new Date(Date.now() - 25 * 3_600_000);
    for (const key of [cutOff, blobKey(id)]) await utimes(join(booted.get(CoreConfig).dataDir, 'blobs', key), yesterday, yesterday);
    await booted.get(OrphanFileCleanupJob).tidy();
    expect(await Promise.all([cutOff, justNow, blobKey(id)].map((key) => blobs.size(key)))).toEqual([undefined, 1, expect.any(Number)]);
  }));
});
