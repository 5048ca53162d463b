import { newId } from '#platform/core';
import { asTenant, bootContexts, type BootedContexts, engines } from '#platform/testing';
import { type Conversation, type Fact, Memory, type Message } from '#memory';
import { context } from './memory.module.js';

describe.each(engines)('memory on %s', (engine) => {
  const ours = newId();
  const theirs = newId();
  let booted: BootedContexts;
  let memory: Memory;

  beforeAll(async () => {
    booted = await bootContexts([context], { engine });
    memory = booted.get(Memory);
  });

  afterAll(() => booted.close());

  const open = (): Promise<Conversation> => memory.open({ id: newId(), agentId: null, title: null });
  const say = (conversationId: string, text: string, id = newId()): Promise<void> =>
    memory.append({ conversationId, message: { id, role: 'user', text, status: 'complete', citations: [], runId: null } });

  it('keeps each message once and in order, also when many arrive at the same time', async () => {
    await asTenant(ours, async () => {
      const { id } = await open();
      const texts = Array.from({ length: 20 }, (_, at) => `message ${at}`);
      for (const text of texts.slice(0, 5)) await say(id, text);
      const repeated = newId();
      await say(id, 'twice', repeated);
      await say(id, 'twice', repeated);
      await Promise.all(texts.slice(5).map((text) => say(id, text)));
      const { messages } = await memory.transcript({ conversationId: id, limit: 100 });
      expect(messages.slice(0, 6)).toEqual([...texts.slice(0, 5), 'twice'].map((content) => ({ role: 'user', content })));
      expect(messages.map(({ content }) => content).sort()).toEqual([...texts, 'twice'].sort());
      expect((await memory.transcript({ conversationId: id, limit: 3 })).messages).toEqual(messages.slice(-3));
    });
  });

  it('refuses a message id that stands in another conversation', async () => {
    await asTenant(ours, async () => {
      const [first, second] = [await open(), await open()];
      const id = newId();
      await say(first.id, 'here', id);
      await expect(say(second.id, 'there', id)).rejects.toMatchObject({ reason: 'memory.message-id-taken' });
      expect(await memory.transcript({ conversationId: second.id, limit: 10 })).toEqual({ agentId: null, messages: [] });
    });
  });

  it('answers a foreign tenant and another person like an unknown id', async () => {
    const { id } = await asTenant(ours, open);
    const unknown = { code: 'not-found', reason: 'kernel.not-found',
      message: 'No such conversation. It does not exist, or it was deleted. Check the id.' };
    await expect(asTenant(theirs, () => memory.transcript({ conversationId: id, limit: 10 }))).rejects.toMatchObject(unknown);
    await expect(asTenant(ours, () => memory.transcript({ conversationId: id, limit: 10 }), { id: newId() }))
      .rejects.toMatchObject(unknown);
    await expect(asTenant(ours, () => memory.transcript({ conversationId: newId(), limit: 10 }))).rejects.toMatchObject(unknown);
    await expect(asTenant(theirs, () => say(id, 'hello'))).rejects.toMatchObject(unknown);
  });

  it('remembers what was told and learned, and replaces what changed', async () => {
    await asTenant(ours, async () => {
      await memory.learn({ turnId: newId(), conversationId: newId(),
        question: 'My name is Ada. Remember that our fiscal year starts in April. What is a hold?', answer: '' });
      await memory.learn({ turnId: newId(), conversationId: newId(), question: 'my name is Ada Lovelace', answer: '' });
      await memory.remember({ id: newId(), text: 'The office closes at six.' });
      await memory.remember({ id: newId(), text: 'the office closes at six' });
      const [best] = await memory.recall({ text: 'When does the fiscal year begin?', limit: 3 });
      expect(best?.text).toBe('Our fiscal year starts in April');
      const all = await memory.recall({ text: 'what do you know about me?', limit: 10 });
      expect(all.map(({ text }) => text).sort())
        .toEqual(['My name is Ada Lovelace', 'Our fiscal year starts in April', 'The office closes at six.']);
    });
    expect(await asTenant(theirs, () => memory.recall({ text: 'fiscal year', limit: 10 }))).toEqual([]);
    await asTenant(ours, async () => {
      const tell = (question: string): Promise<unknown> => memory.learn({ turnId: newId(), conversationId: newId(), question, answer: '' });
      await tell('Please forget my name.');
      const left = await memory.recall({ text: 'x', limit: 10 });
      expect(left.map(({ text }) => text).sort()).toEqual(['Our fiscal year starts in April', 'The office closes at six.']);
      await tell('Forget everything you know about me.');
      expect(await memory.recall({ text: 'x', limit: 10 })).toEqual([]);
    });
  });

  it('serves conversations and memories over HTTP, page by page', async () => {
    const person = booted.as(theirs);
    for (const title of ['one', 'two', 'three']) expect((await person.post('/v1/conversations', { title })).status).toBe(201);
    const first = await person.get<{ items: Conversation[]; nextCursor: string }>('/v1/conversations?limit=2');
    const second = await person.get<{ items: Conversation[];
      nextCursor: null }>(`/v1/conversations?limit=2&cursor=${first.body.nextCursor}`);
    expect([...first.body.items, ...second.body.items].map(({ title }) => title)).toEqual(['three', 'two', 'one']);
    expect(second.body.nextCursor).toBeNull();

    const id = first.body.items[0]!.id;
    expect((await person.patch<Conversation>(`/v1/conversations/${id}`, { title: 'renamed' })).body.title).toBe('renamed');
    await asTenant(theirs, () => say(id, 'hello'));
    expect((await person.get<{ items: Message[] }>(`/v1/conversations/${id}/messages`)).body.items.map(({ text }) => text))
      .toEqual(['hello']);
    expect((await booted.as(ours).get(`/v1/conversations/${id}`)).status).toBe(404);
    expect((await person.delete(`/v1/conversations/${id}`)).status).toBe(204);
    expect((await person.get(`/v1/conversations/${id}/messages`)).status).toBe(404);

    const told = await person.post<Fact>('/v1/memories', { text: 'Our fiscal year starts in May.' });
    expect(told.status).toBe(201);
    expect((await booted.as(ours).delete(`/v1/memories/${told.body.id}`)).status).toBe(404);
    expect((await person.delete(`/v1/memories/${told.body.id}`)).status).toBe(204);
    expect((await person.get<{ items: Fact[] }>('/v1/memories')).body.items).toEqual([]);
  });
});
