import { newId } from '#platform/core';
import { asTenant, engines, eventually } from '#platform/testing';
import { Agent, type AgentProfile, type RunEvent } from '../src/contract.js';
import type { AnsweredMessage } from '../src/chat/chat.controller.js';
import type { Feedback } from '../src/feedback/feedback.service.js';
import { RunRecovery } from '../src/runs/run-recovery.js';
import { RunRepository } from '../src/runs/run.repository.js';
import { type House, isFinal, openHouse } from './house.js';

describe.each(engines)('agents, feedback and the contract on %s', (engine) => {
  let house: House;

  beforeAll(async () => {
    house = await openHouse(engine, { ATOLL_LOG_LEVEL: 'silent', ATOLL_RUN_LEASE_SECONDS: '30' });
  });
  afterAll(() => house.booted.close());

  const me = () => house.booted.as(house.tenantId);
  const ask = async (conversationId: string, text = 'When was the harbour bridge opened?') =>
    (await me().post<AnsweredMessage>(`/v1/conversations/${conversationId}/messages`, { text })).body;

  describe('agents', () => {
    it('has a default one without any set-up, also when many ask at once', async () => {
      const fresh = newId();
      const lists = await Promise.all(Array.from({ length: 8 }, () => house.booted.as(fresh).get<{ items: AgentProfile[] }>('/v1/agents')));
      const ids = lists.map(({ body }) => body.items.map(({ id }) => id));
      expect(new Set(ids.flat()).size).toBe(1);
      expect(lists[0]!.body.items[0])
        .toMatchObject({ name: 'Atoll', handle: 'atoll', isDefault: true, knowledge: true, memory: true, model: null });
    });

    it('are made, changed, chosen and deleted', async () => {
      const made = await me().post<AgentProfile>('/v1/agents', { name: 'Über Helfer!', instructions: 'Be kind.', temperature: 0.5 });
      expect(made).toMatchObject({ status: 201,
        body: { handle: 'uber-helfer', instructions: 'Be kind.', temperature: 0.5, knowledge: true, isDefault: false } });
      const path = `/v1/agents/${made.body.id}`;
      expect((await me().patch<AgentProfile>(path, { name: 'Helper', knowledge: false, temperature: null })).body)
        .toMatchObject({ name: 'Helper', handle: 'uber-helfer', knowledge: false, temperature: null, instructions: 'Be kind.' });
      expect((await me().get(path)).body).toMatchObject({ name: 'Helper' });
      expect((await me().post('/v1/agents', { name: 'Uber helfer' })))
        .toMatchObject({ status: 409, body: { type: 'urn:atoll:problem:agent.name-taken' } });

      const [before] = (await me().get<{ items: AgentProfile[] }>('/v1/agents')).body.items;
      expect((await me().patch(path, { isDefault: true })).body).toMatchObject({ isDefault: true });
      expect((await me().get<{ items: AgentProfile[] }>('/v1/agents')).body.items.filter(({ isDefault }) => isDefault).map(({ id }) => id))
        .toEqual([made.body.id]);
      expect(await me().delete(path)).toMatchObject({ status: 409, body: { type: 'urn:atoll:problem:agent.default-agent' } });
      await me().patch(`/v1/agents/${before!.id}`, { isDefault: true });
      expect((await me().delete(path)).status).toBe(204);
      expect((await me().get(path)).status).toBe(404);
    });

    it('a visitor talks with one of them, whatever they name, and knows of no other', async () => {
      const [theirs, other] = [(await me().post<AgentProfile>('/v1/agents', { name: newId() })).body,
        (await me().post<AgentProfile>('/v1/agents', { name: newId() })).body];
      const visitor = { kind: 'visitor' as const, id: newId(), agentId: theirs.id, permissions: ['agent.runs.read', 'agent.runs.write'] };
      const speak = (model: string, agentId = theirs.id) =>
        house.booted.as(house.tenantId, { ...visitor, agentId }).post<{ id: string }>('/v1/chat/completions',
          { model, messages: [{ role: 'user', content: 'When was the harbour bridge opened?' }] });
      expect([(await speak('default')).status, (await speak(theirs.handle)).status]).toEqual([200, 200]);
      const [foreign, unknown] = [await speak(other.handle), await speak('nobody')];
      expect([foreign.status, foreign.text.replaceAll(other.handle, 'nobody')]).toEqual([404, unknown.text]);
      expect((await speak('default', newId())).status).toBe(404);
      const id = newId();
      await asTenant(house.tenantId, () => house.memory.open({ id, agentId: other.id, title: null }), visitor);
      const { body } = await house.booted.as(house.tenantId, visitor).post<AnsweredMessage>(`/v1/conversations/${id}/messages`,
        { text: 'When was the harbour bridge opened?' });
      expect(body.run.agentId).toBe(theirs.id);
    });

    it('a restricted one is there for whom it is granted to, by themselves or by a team, and nobody else', async () => {
      const { id, handle } = (await me().post<AgentProfile>('/v1/agents', { name: newId() })).body;
      const [person, team] = [newId(), newId()];
      expect((await me().put(`/v1/agents/${id}/access`, { access: 'restricted', grantedTo: [person, team] })).body)
        .toEqual({ access: 'restricted', grantedTo: [person, team] });
      const as = (actor: object) =>
        house.booted.as(house.tenantId, { permissions: ['*.read', 'agent.*', 'memory.*'], id: newId(), ...actor });
      const seen = async (actor: object) => {
        const caller = as(actor);
        const listed = (await caller.get<{ items: AgentProfile[] }>('/v1/agents')).body.items.some((one) => one.id === id);
        const answered = await caller.post('/v1/chat/completions',
          { model: handle, messages: [{ role: 'user', content: 'When was the harbour bridge opened?' }] });
        return [listed, (await caller.get(`/v1/agents/${id}`)).status, (await caller.patch(`/v1/agents/${id}`, { memory: true })).status,
          (await caller.get(`/v1/models/${handle}`)).status, answered.status];
      };
      expect(await seen({ id: person })).toEqual([true, 200, 200, 200, 200]);
      expect(await seen({ teams: [newId(), team] })).toEqual([true, 200, 200, 200, 200]);
      expect(await seen({})).toEqual([false, 404, 404, 404, 404]);
      expect((await as({}).get(`/v1/agents/${id}/access`)).status).toBe(403);
      const again = (await as({}).post<AgentProfile>('/v1/agents', { name: handle })).body;
      expect([again.handle === handle, again.handle.startsWith(handle)]).toEqual([false, true]);
      expect((await me().post('/v1/agents', { name: handle })).status).toBe(409);
      const [fallback] = (await me().get<{ items: AgentProfile[] }>('/v1/agents')).body.items;
      for (const [path, body] of [[`/v1/agents/${fallback!.id}/access`, { access: 'restricted' }],
        [`/v1/agents/${id}`, { isDefault: true }]] as const) {
        expect(path.endsWith('access') ? await me().put(path, body) : await me().patch(path, body))
          .toMatchObject({ status: 409, body: { type: 'urn:atoll:problem:agent.default-open' } });
      }
      await me().put(`/v1/agents/${id}/access`, { access: 'open' });
      expect(await seen({})).toEqual([true, 200, 200, 200, 200]);
    });

    it.each([{}, { name: ' ' }, { name: 'x', temperature: 3 }, { name: 'x', model: 'a b' }, { name: 'x', isDefault: false },
      { name: 'x', extra: 1 }])('refuses %j', async (body) => {
      expect((await me().post('/v1/agents', body)).status).toBe(400);
    });

    it('of another tenant are unknown', async () => {
      const { body } = await me().post<AgentProfile>('/v1/agents', { name: `Mine ${newId()}` });
      const stranger = house.booted.as(newId());
      for (const answer of [await stranger.get(`/v1/agents/${body.id}`), await stranger.patch(`/v1/agents/${body.id}`, { name: 'x' }),
        await stranger.delete(`/v1/agents/${body.id}`)]) expect(answer.status).toBe(404);
    });

    it('answer their own conversations, and leave them to the default one when deleted', async () => {
      const { body: agent } = await me().post<AgentProfile>('/v1/agents', { name: `Gone ${newId()}`, knowledge: false });
      const conversationId = await house.conversation(agent.id);
      expect((await ask(conversationId)).run.agentId).toBe(agent.id);
      await me().delete(`/v1/agents/${agent.id}`);
      expect((await ask(conversationId)).run.agentId).not.toBe(agent.id);
    });

    it('may be written by who may', async () => {
      const viewer = house.booted.as(house.tenantId, { permissions: ['*.read', 'agent.runs.write'] });
      expect((await viewer.get('/v1/agents')).status).toBe(200);
      expect((await viewer.post('/v1/agents', { name: 'x' })).status).toBe(403);
    });
  });

  describe('feedback', () => {
    it('is one judgement per person and answer, the last one counts', async () => {
      const { message } = await ask(await house.conversation());
      const path = `/v1/messages/${message.id}/feedback`;
      const first = await me().post<Feedback>(path, { rating: 'down', comment: 'Wrong year.' });
      expect(first).toMatchObject({ status: 200, body: { messageId: message.id, rating: 'down', comment: 'Wrong year.' } });
      expect((await me().post<Feedback>(path, { rating: 'down', comment: 'Wrong year.' })).body).toEqual(first.body);
      expect((await me().post<Feedback>(path, { rating: 'up' })).body).toMatchObject({ rating: 'up', comment: null });
    });

    it('is about answers of one\'s own', async () => {
      const conversationId = await house.conversation();
      const { message } = await ask(conversationId);
      const question = house.memory.conversations.get(conversationId)!.messages[0]!;
      expect((await me().post(`/v1/messages/${question.id}/feedback`, { rating: 'up' })).status).toBe(422);
      expect((await me().post(`/v1/messages/${message.id}/feedback`, { rating: 'great' })).status).toBe(400);
      for (const stranger of [house.booted.as(newId()), house.booted.as(house.tenantId, { id: newId() })]) {
        expect((await stranger.post(`/v1/messages/${message.id}/feedback`, { rating: 'up' })).status).toBe(404);
      }
    });
  });

  describe('the contract', () => {
    const all = async (events: AsyncIterable<RunEvent>): Promise<RunEvent[]> => {
      const found: RunEvent[] = [];
      for await (const event of events) found.push(event);
      return found;
    };

    it('asks, and reads the same run when the id is repeated', async () => {
      const agent = house.booted.get(Agent);
      const conversationId = await house.conversation();
      const question = { runId: newId(), conversationId, text: 'Who opened the harbour bridge?' };
      await asTenant(house.tenantId, async () => {
        const first = await all(agent.ask(question));
        expect(first.filter(isFinal)).toHaveLength(1);
        expect(await all(agent.ask(question))).toEqual(first);
        expect(await all(agent.events({ runId: question.runId, after: 3 }))).toEqual(first.slice(3));
        expect(await all(agent.events({ runId: question.runId, after: first.length }))).toEqual(first.slice(-1));
        expect(await agent.run({ runId: question.runId })).toMatchObject({ status: 'completed' });
        expect((await agent.agents())[0]).toMatchObject({ isDefault: true });
        await expect(agent.run({ runId: newId() })).rejects.toMatchObject({ code: 'not-found' });
      });
      expect(house.memory.conversations.get(conversationId)!.messages).toHaveLength(2);
    });
  });

  describe('recovery', () => {
    it('ends a run that nobody writes any more, once, for whoever began it', async () => {
      const [runId, messageId, questionId] = [newId(), newId(), newId()];
      const conversationId = await house.conversation();
      const store = house.booted.get(RunRepository);
      await asTenant(house.tenantId, async () => {
        const scope = { tenantId: house.tenantId,
          actor: { kind: 'user' as const, id: house.memory.conversations.get(conversationId)!.owner.split('/')[1]!, roles: [],
            permissions: [] } };
        await store.start({ runId, scope, conversationId, questionId, question: 'Why?', messageId, agentId: newId(), model: 'm',
          offline: false });
        await store.saveChunks([{ runId, inputTokens: 77,
          entries: [{ id: 1, event: 'run.started', json: '{}' }, { id: 2, event: 'answer.delta', json: '{"text":"Half an ans"}' }] }]);
      });
      await Promise.all(Array.from({ length: 4 }, () => house.booted.get(RunRecovery).sweep(false)));
      const path = `/v1/runs/${runId}`;
      expect((await me().get(path)).body)
        .toMatchObject({ status: 'interrupted', outcome: 'interrupted', usage: { inputTokens: 77, outputTokens: 3, estimated: true } });
      expect(house.memory.conversations.get(conversationId)!.messages).toMatchObject([
        { id: questionId, role: 'user', status: 'complete', text: 'Why?' },
        { id: messageId, role: 'assistant', status: 'interrupted', text: 'Half an ans' }]);
      expect(await asTenant(house.tenantId, () => store.find(runId))).toMatchObject({ question: null });
      const beyond = await me().get(`${path}/events`, { 'last-event-id': '900' });
      expect(beyond.text.match(/^event: .*/gm)).toEqual(['event: run.interrupted']);
      await eventually(() => expect(house.billing.settled.get(runId)).toMatchObject({ times: 1, inputTokens: 77, outputTokens: 3 }));
      expect((await ask(conversationId)).run.status).toBe('completed');
    });

    it('takes no run from an owner that has come back', async () => {
      const store = house.booted.get(RunRepository);
      const conversationId = await house.conversation();
      const runId = newId();
      await asTenant(house.tenantId, async () => {
        const scope = { tenantId: house.tenantId, actor: { kind: 'user' as const, id: newId(), roles: [], permissions: [] } };
        await store.start({ runId, scope, conversationId, questionId: newId(), question: null, messageId: newId(), agentId: newId(),
          model: 'm', offline: false });
        const [found] = (await store.abandoned(true, [])).filter((found) => found.runId === runId);
        await store.renewLeases();
        expect(await store.takeOver(found!)).toBe(false);
        const [again] = (await store.abandoned(true, [])).filter((found) => found.runId === runId);
        expect(await store.takeOver(again!)).toBe(true);
      });
      await house.booted.get(RunRecovery).sweep(false);
      await eventually(async () =>
        expect(await asTenant(house.tenantId, () => store.find(runId))).toMatchObject({ status: 'interrupted' }));
    });

    it('lets the answer decide where it was saved and only the end was missing', async () => {
      const [runId, messageId, questionId] = [newId(), newId(), newId()];
      const conversationId = await house.conversation();
      await asTenant(house.tenantId, async () => {
        const owner = house.memory.conversations.get(conversationId)!.owner.split('/')[1]!;
        await house.memory.append({ conversationId,
          message: { id: messageId, role: 'assistant', text: 'The whole answer.', status: 'complete', citations: [], runId } });
        await house.booted.get(RunRepository).start({ runId,
          scope: { tenantId: house.tenantId, actor: { kind: 'user', id: owner, roles: [], permissions: [] } }, conversationId, questionId,
          question: null, messageId, agentId: newId(), model: 'm', offline: false });
      });
      await house.booted.get(RunRecovery).sweep(false);
      expect((await me().get(`/v1/runs/${runId}`)).body).toMatchObject({ status: 'completed', outcome: 'answered' });
    });

    it('lets the answer decide also where it arrives while the run is being ended', async () => {
      const [runId, messageId, questionId] = [newId(), newId(), newId()];
      const conversationId = await house.conversation();
      const append = house.memory.append.bind(house.memory);
      const message = { id: messageId, role: 'assistant' as const, text: 'The whole answer.', status: 'complete' as const, citations: [],
        runId };
      await asTenant(house.tenantId, async () => {
        const owner = house.memory.conversations.get(conversationId)!.owner.split('/')[1]!;
        await append({ conversationId, message: { id: questionId, role: 'user', text: 'Why?', status: 'complete', citations: [], runId } });
        await house.booted.get(RunRepository).start({ runId,
          scope: { tenantId: house.tenantId, actor: { kind: 'user', id: owner, roles: [], permissions: [] } }, conversationId, questionId,
          question: null, messageId, agentId: newId(), model: 'm', offline: false });
      });
      // The call of the process that is thought dead was on its way all the time, and is first.
      house.memory.append = async (entry) => {
        await append({ conversationId, message });
        await append(entry);
      };
      await house.booted.get(RunRecovery).sweep(false);
      house.memory.append = append;
      expect((await me().get(`/v1/runs/${runId}`)).body).toMatchObject({ status: 'completed', outcome: 'answered' });
      expect((await me().get(`/v1/runs/${runId}/events`)).text).toContain('The whole answer.');
    });

    it('forgets logs after their time, and says so', async () => {
      const { run } = await ask(await house.conversation());
      await house.booted.get(RunRepository).deleteLogs(-1);
      expect(await me().get(`/v1/runs/${run.id}/events`))
        .toMatchObject({ status: 410, body: { type: 'urn:atoll:problem:agent.run-log-gone' } });
      expect((await me().get(`/v1/runs/${run.id}`)).status).toBe(200);
    });
  });
});
