import { newId } from '#platform/core';
import { asTenant, bootContexts, type BootedContexts, type Caller, engines } from '#platform/testing';
import { Search } from '#search';
import { context } from '../src/search.module.js';
import { search, uploaded } from './fixtures.js';

const SECRET = '# Salaries\n\nThe harbour master earns ninety thousand crowns a year, and the pilot earns seventy thousand.\n';
const QUESTION = 'How many crowns does the harbour master earn?';

describe.each(engines)('documents granted to some people on %s', (engine) => {
  let booted: BootedContexts;
  beforeAll(async () => {
    booted = await bootContexts([context], { engine });
  });
  afterAll(() => booted?.close());

  /** A fresh tenant: its owner, a member who may all of search, a member of a team, and a visitor. */
  function cast() {
    const [tenantId, team, grantee] = [newId(), newId(), newId()];
    const member = { id: newId(), roles: ['member'], permissions: ['*.read', 'search.*'] };
    return {
      tenantId, team, grantee,
      owner: booted.as(tenantId),
      outsider: booted.as(tenantId, member),
      person: booted.as(tenantId, { ...member, id: grantee }),
      mate: booted.as(tenantId, { ...member, id: newId(), teams: [newId(), team] }),
      visitor: booted.as(tenantId, { kind: 'visitor', id: newId(), permissions: ['search.passages.read'] }),
    };
  }
  const restrict = (owner: Caller, kind: string, id: string, ...grantedTo: string[]) =>
    owner.put(`/v1/knowledge/${kind}/${id}/access`, { access: 'restricted', grantedTo });
  const finds = async (caller: Caller, question = QUESTION) => (await search(caller, question)).map(({ documentId }) => documentId);
  const plain = ({ status, body }: { status: number; body: Record<string, unknown> }, id: string) =>
    JSON.stringify({ status, ...body, requestId: '', instance: '' }).replaceAll(id, '<id>');

  it('are found, read and cited by those alone; to all others there is no such document', async () => {
    const { owner, outsider, person, mate, visitor, team, grantee } = cast();
    const { id } = await uploaded(owner, 'salaries.md', SECRET);
    await uploaded(owner, 'fees.md', '# Fees\n\nA harbour pass costs ten crowns.\n');
    for (const caller of [outsider, visitor]) expect((await finds(caller))[0]).toBe(id);
    expect(await restrict(owner, 'files', id, team, grantee))
      .toMatchObject({ status: 200, body: { access: 'restricted', grantedTo: [team, grantee] } });
    for (const caller of [owner, person, mate]) {
      expect((await finds(caller))[0]).toBe(id);
      expect((await caller.get(`/v1/knowledge/files/${id}/text`)).status).toBe(200);
    }
    for (const caller of [outsider, visitor]) {
      expect(await finds(caller)).not.toContain(id);
      expect(await search(caller, QUESTION, { documentIds: [id] })).toEqual([]);
      expect((await search(caller, 'ninety thousand')).map(({ text }) => text).join()).not.toContain('ninety');
    }
    const unknown = newId();
    for (const path of ['', '/content', '/text']) expect(plain(await outsider.get(`/v1/knowledge/files/${id}${path}`), id))
      .toBe(plain(await outsider.get(`/v1/knowledge/files/${unknown}${path}`), unknown));
    expect(plain(await outsider.delete(`/v1/knowledge/files/${id}`), id))
      .toBe(plain(await outsider.delete(`/v1/knowledge/files/${unknown}`), unknown));
    const listed = async (caller: Caller) =>
      (await caller.get<{ items: { id: string }[] }>('/v1/knowledge/files')).body.items.map((one) => one.id);
    expect([(await listed(outsider)).includes(id), (await listed(mate)).includes(id)]).toEqual([false, true]);
    await owner.put(`/v1/knowledge/files/${id}/access`, { access: 'open' });
    expect(await finds(outsider)).toContain(id);
  });

  it('are not told of by bringing them again', async () => {
    const { owner, outsider, tenantId } = cast();
    const file = await uploaded(owner, 'salaries.md', SECRET);
    await restrict(owner, 'files', file.id);
    const again = await uploaded(outsider, 'mine.md', SECRET);
    expect([again.id === file.id, again.name]).toEqual([false, 'mine.md']);
    expect(await owner.put(`/v1/knowledge/files/${file.id}/access`, { access: 'open' }))
      .toMatchObject({ status: 409, body: { type: 'urn:atoll:problem:search.open-twice' } });
    const ask = (by: Caller, answer: string) => by.post<{ id: string }>('/v1/knowledge/faqs', { question: 'Who is paid most?', answer });
    const faq = (await ask(owner, 'The harbour master.')).body.id;
    await restrict(owner, 'faqs', faq);
    expect((await ask(outsider, 'I wonder.')).status).toBe(201);
    expect((await outsider.post('/v1/knowledge/faqs/import', { items: [{ question: 'Who is paid most?', answer: 'The pilot.' }] })).body)
      .toMatchObject({ created: 0, updated: 1 });
    expect((await owner.get(`/v1/knowledge/faqs/${faq}`)).body).toMatchObject({ answer: 'The harbour master.' });
    for (const [method, body] of [['get', undefined], ['patch', { answer: 'x' }], ['delete', undefined]] as const)
      expect((await outsider[method](`/v1/knowledge/faqs/${faq}`, body as never)).status).toBe(404);
    expect(await asTenant(tenantId, () => booted.get(Search).status({ id: file.id }), { permissions: ['search.*'], id: newId() })
      .catch((error: { code: string }) => error.code)).toBe('not-found');
  });

  it('are decided about by who may grant, and by nobody who only feeds the knowledge base', async () => {
    const { owner, outsider, person, grantee } = cast();
    const { id } = await uploaded(owner, 'open.md', '# Open\n\nThe pier is open.\n');
    for (const method of ['get', 'put'] as const)
      expect((await outsider[method](`/v1/knowledge/files/${id}/access`, { access: 'restricted' } as never)).status).toBe(403);
    for (const body of [{}, { access: 'closed' }, { access: 'restricted', grantedTo: ['x'] }, { access: 'restricted', grantedTo: grantee },
      { access: 'open', tenantId: newId() }]) expect((await owner.put(`/v1/knowledge/files/${id}/access`, body)).status).toBe(400);
    expect((await restrict(booted.as(newId()), 'files', id)).status).toBe(404);
    await restrict(owner, 'files', id, grantee);
    expect((await person.delete(`/v1/knowledge/files/${id}`)).status).toBe(204);
  });
});
