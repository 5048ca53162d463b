import { AppError, newId } from '#platform/core';
import { Db } from '#platform/database';
import { asTenant, bootContexts, type BootedContexts, type Caller, engines } from '#platform/testing';
import { Search } from '../src/contract.js';
import { PassageStore } from '../src/index/passage.store.js';
import { context } from '../src/search.module.js';
import { search, uploaded } from './fixtures.js';

const TABLES = ['document', 'content', 'chunk', 'posting', 'embedding', 'statistics'];

describe.each(engines)('two tenants on %s', (engine) => {
  let booted: BootedContexts;
  let ours: Caller;
  let theirs: Caller;
  const us = newId();
  const them = newId();
  let id: string;

  beforeAll(async () => {
    booted = await bootContexts([context], { engine });
    ours = booted.as(us);
    theirs = booted.as(them);
    ({ id } = await uploaded(ours, 'plan.md', '# Plan\n\nThe merger with Northwind is announced on the third of May.'));
    await ours.post('/v1/knowledge/faqs', { question: 'When is the merger?', answer: 'On the third of May.' });
    // A language without a stemmer has vectors also without a model, so that this table holds a row too.
    await uploaded(ours, 'plan-zh.txt', '合併將於五月三日宣布，所有部門都會在當天早上收到通知，並且必須在星期五之前回覆確認。');
  });
  afterAll(() => booted?.close());

  it('each finds its own documents only', async () => {
    expect((await search(ours, 'merger with Northwind')).map(({ documentId }) => documentId)).toContain(id);
    expect(await search(theirs, 'merger with Northwind')).toEqual([]);
    expect(await asTenant(them, () => booted.get(Search).statistics({})))
      .toEqual({ files: 0, faqs: 0, pending: 0, failed: 0, passages: 0, bytes: 0 });
  });

  it("answers another tenant's id exactly like an unknown one", async () => {
    const unknown = newId();
    for (const path of ['', '/text', '/content']) {
      const foreign = await theirs.get(`/v1/knowledge/files/${id}${path}`);
      const missing = await theirs.get(`/v1/knowledge/files/${unknown}${path}`);
      expect([foreign.status, foreign.body.detail, foreign.body.type]).toEqual([404, missing.body.detail, missing.body.type]);
    }
    expect((await theirs.delete(`/v1/knowledge/files/${id}`)).status).toBe(404);
    await expect(asTenant(them, () => booted.get(Search).status({ id }))).rejects.toBeInstanceOf(AppError);
    await asTenant(them, () => booted.get(Search).remove({ id }));
    expect((await ours.get(`/v1/knowledge/files/${id}`)).status).toBe(200);
    expect(await search(theirs, 'merger', { documentIds: [id] })).toEqual([]);
  });

  it('shows no row of any table to the other, whatever is asked for', async () => {
    const { db } = booted.get(PassageStore) as unknown as { db: Db };
    for (const table of TABLES) {
      const count = (tenant: string): Promise<number> =>
        asTenant(tenant, async () => Number((await db.query<{ n: string }>(`select count(*) as n from search.${table}`))[0]!.n));
      expect([table, await count(us)]).not.toEqual([table, 0]);
      expect([table, await count(them)]).toEqual([table, 0]);
      const foreign = asTenant(them,
        () => db.query(`update search.${table} set tenant_id = $1 where tenant_id = $2 returning 1`, [them, us]));
      expect(await foreign).toEqual([]);
    }
  });

  it('keeps the same upload of two tenants apart', async () => {
    const copy = await uploaded(theirs, 'plan.md', '# Plan\n\nThe merger with Northwind is announced on the third of May.');
    expect(copy.id).not.toBe(id);
    await theirs.delete(`/v1/knowledge/files/${copy.id}`);
    expect((await search(ours, 'merger with Northwind')).map(({ documentId }) => documentId)).toContain(id);
  });

  it('lets nobody in without the permission', async () => {
    const reader = booted.as(us, { permissions: ['search.files.read'] });
    expect((await reader.get('/v1/knowledge/files')).status).toBe(200);
    expect((await reader.delete(`/v1/knowledge/files/${id}`)).status).toBe(403);
    expect((await reader.post('/v1/search', { query: 'merger' })).status).toBe(403);
    expect((await booted.with().get('/v1/knowledge/files')).status).toBe(401);
  });
});
