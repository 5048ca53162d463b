import { newId } from '#platform/core';
import { type BootedContexts, asTenant, bootContexts, engines } from '#platform/testing';
import { {{Name}} } from '#{{name}}';
import { context } from '#{{name}}/module';

describe.each(engines)('{{name}} on the %s database', (engine) => {
  let booted: BootedContexts;
  beforeAll(async () => {
    booted = await bootContexts([context], { engine, env: { ATOLL_{{NAME}}_MAX_ENTRIES: '3' } });
  });
  afterAll(() => booted?.close());

  it('stores an entry once, however often it is added', async () => {
    const id = newId();
    await asTenant(newId(), async () => {
      const {{name}} = booted.get({{Name}});
      const first = await {{name}}.add({ id, text: 'first' });
      expect(await {{name}}.add({ id, text: 'again' })).toEqual(first);
      expect(await {{name}}.latest({ limit: 10 })).toEqual([first]);
    });
  });

  it('lists page by page, newest first, and stops at the limit', async () => {
    const caller = booted.as(newId());
    for (const text of ['a', 'b', 'c']) expect((await caller.post('/v1/{{name}}', { text })).status).toBe(201);
    const first = await caller.get<{ items: { text: string }[]; nextCursor: string }>('/v1/{{name}}?limit=2');
    const second = await caller.get<typeof first.body>(`/v1/{{name}}?limit=2&cursor=${first.body.nextCursor}`);
    expect([...first.body.items, ...second.body.items].map(({ text }) => text)).toEqual(['c', 'b', 'a']);
    expect(await caller.post('/v1/{{name}}', { text: 'd' }))
      .toMatchObject({ status: 422, body: { type: 'urn:atoll:problem:{{name}}.too-many-entries' } });
  });

  it('shows a tenant nothing of another one', async () => {
    const [ours, theirs] = [newId(), newId()];
    const { id } = await asTenant(ours, () => booted.get({{Name}}).add({ id: newId(), text: 'ours' }));
    expect((await booted.as(theirs).get('/v1/{{name}}')).body).toEqual({ items: [], nextCursor: null });
    const mine = await asTenant(theirs, () => booted.get({{Name}}).add({ id, text: 'mine' }));
    expect(mine.text).toBe('mine');
  });
});
