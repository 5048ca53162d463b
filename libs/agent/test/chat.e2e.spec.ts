import { AppError, newId } from '#platform/core';
import { engines, eventually } from '#platform/testing';
import type { Run, RunEnd, RunEvent } from '../src/contract.js';
import type { AnsweredMessage } from '../src/chat/chat.controller.js';
import { RunService } from '../src/runs/run.service.js';
import { HARBOUR, passageOf } from './fakes.js';
import { type House, eventsOf, isFinal, openHouse, textOf } from './house.js';

const STREAM = { accept: 'text/event-stream' };

describe.each(engines)('asking the offline model on %s', (engine) => {
  let house: House;

  beforeAll(async () => {
    house = await openHouse(engine);
  });
  afterAll(() => house.booted.close());
  beforeEach(() => {
    house.search.passages = [passageOf(HARBOUR)];
    house.search.broken = house.memory.broken = false;
    house.search.asked = [];
    house.billing.refusal = null;
    house.memory.facts = [];
  });

  const ask = (conversationId: string, text: string, headers = {}) =>
    house.booted.as(house.tenantId).post<AnsweredMessage>(`/v1/conversations/${conversationId}/messages`, { text }, headers);

  it('streams the log of a run: started, sources, text, one final event', async () => {
    const conversationId = await house.conversation();
    const answer = await ask(conversationId, 'When was the harbour bridge opened?', STREAM);
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': expect.stringContaining('text/event-stream') as string } });
    const events = eventsOf(answer.text);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, at) => at + 1));
    expect(events.slice(0, 3).map(({ event }) => event)).toEqual(['run.started', 'run.sources', 'answer.delta']);
    expect(events.filter(isFinal)).toHaveLength(1);
    const end = events.at(-1)!.data as RunEnd;
    expect(events.at(-1)!.event).toBe('run.completed');
    expect(textOf(events)).toBe(end.text);
    expect(end).toMatchObject({ outcome: 'answered', degraded: [], truncated: false,
      citations: [{ marker: 1, documentName: 'harbour.md', heading: 'Bridges',
        text: 'The harbour bridge was opened in 1931 by Mayor Ellen Brandt.' }] });
    expect(end.usage).toMatchObject({ estimated: false });
    expect(end.usage.inputTokens).toBeGreaterThan(50);
  });

  it('waits and answers with the whole where no stream is asked for', async () => {
    const conversationId = await house.conversation();
    const { status, body } = await ask(conversationId, 'How long is the harbour bridge?');
    expect(status).toBe(200);
    expect(body.message).toMatchObject({ role: 'assistant', status: 'complete', text: expect.stringContaining('480 metres') as string });
    expect(body.run).toMatchObject({ id: body.message.runId, status: 'completed', outcome: 'answered', conversationId,
      model: 'atoll-offline', offline: true, error: null });
  });

  it('keeps question and answer in the conversation, learns from the turn and reports its usage once', async () => {
    const conversationId = await house.conversation();
    const { body } = await ask(conversationId, 'Who opened the harbour bridge?');
    const { messages } = house.memory.conversations.get(conversationId)!;
    expect(messages.map(({ role, status, runId }) => ({ role, status, runId }))).toEqual([
      { role: 'user', status: 'complete', runId: body.run.id },
      { role: 'assistant', status: 'complete', runId: body.run.id },
    ]);
    expect(messages[1]).toMatchObject({ id: body.message.id, text: body.message.text, citations: body.message.citations });
    await eventually(() => {
      expect(house.memory.learned)
        .toContainEqual({ turnId: body.run.id, question: 'Who opened the harbour bridge?', answer: body.message.text });
      expect(house.billing.settled.get(body.run.id))
        .toMatchObject({ times: 1, model: 'atoll-offline', inputTokens: body.run.usage.inputTokens,
          outputTokens: body.run.usage.outputTokens });
    });
    expect(house.billing.held.has(body.run.id)).toBe(false);
  });

  it('says that it does not know what no document says', async () => {
    const { body } = await ask(await house.conversation(), 'What is the capital of France?');
    expect(body.run.outcome).toBe('unknown');
    expect(body.message).toMatchObject({ text: expect.stringMatching(/^I do not know/) as string, citations: [] });
  });

  it('understands a follow-up, and introduces itself once', async () => {
    const conversationId = await house.conversation();
    const first = await ask(conversationId, 'When was the harbour bridge opened?');
    const second = await ask(conversationId, 'How long is it?');
    expect(first.body.message.text).toContain('offline model');
    expect(second.body.message.text).toContain('480 metres');
    expect(second.body.message.text).not.toContain('offline model');
    // Looked up alone and with what it leaves out.
    expect(house.search.asked.slice(1)).toEqual(['How long is it?', expect.stringMatching(/^How long is it\? .*harbour/)]);
  });

  it('uses what the person told it, and not where the agent has no memory', async () => {
    house.memory.facts = ['My name is Ann'];
    const { body } = await ask(await house.conversation(), 'What is my name?');
    expect(body.message.text).toContain('Ann');
    const agent = await house.booted.as(house.tenantId).post<{ id: string }>('/v1/agents', { name: `Forgetful ${engine}`, memory: false });
    const other = await ask(await house.conversation(agent.body.id), 'What is my name?');
    expect(other.body.message.text).not.toContain('Ann');
  });

  it('promises to remember what memory will keep, and nothing else', async () => {
    const noted = async (text: string): Promise<string> => (await ask(await house.conversation(), text)).body.message.text;
    expect(await noted('My favourite colour is teal.')).toMatch(/^Noted/);
    for (const text of ['My colleague said: "I am allergic to nuts."', 'I am getting error 500 when I upload a file', 'My name?'])
      expect(await noted(text)).not.toMatch(/^Noted/);
    const stateless = await house.booted.as(house.tenantId).post<{ choices: { message: { content: string } }[] }>('/v1/chat/completions',
      { model: 'default', messages: [{ role: 'user', content: 'My favourite colour is teal.' }] });
    expect(stateless.body.choices[0]!.message.content).not.toMatch(/^Noted/);
    house.memory.facts = ['My name is Ann'];
    expect(await noted('Please forget my name.')).toMatch(/^I forget it\./);
    expect(await noted('Vergiss alles über mich.')).toMatch(/^Ich vergesse es\./);
  });

  it('still answers without search or memory, and says so', async () => {
    house.search.broken = house.memory.broken = true;
    const answer = await ask(await house.conversation(), 'When was the harbour bridge opened?', STREAM);
    const end = eventsOf(answer.text).at(-1)!.data as RunEnd;
    expect(end).toMatchObject({ outcome: 'unknown', degraded: expect.arrayContaining(['search', 'memory']) as string[] });
  });

  it('asks the budget first: what it refuses is never a run', async () => {
    house.billing.refusal = new AppError('payment-required', 'billing.budget-exhausted', 'The budget is spent.');
    const conversationId = await house.conversation();
    const answer = await ask(conversationId, 'When was the harbour bridge opened?', STREAM);
    expect(answer).toMatchObject({ status: 402,
      body: { type: 'urn:atoll:problem:billing.budget-exhausted', detail: 'The budget is spent.' } });
    expect(house.memory.conversations.get(conversationId)!.messages).toEqual([]);
    expect(house.booted.get(RunService).running()).toEqual([]);
  });

  it('asks the budget for the most that the prompt may become, and for what it became where there is no room for that', async () => {
    const { body } = await ask(await house.conversation(), 'When was the harbour bridge opened?');
    const { inputTokens, maxOutputTokens } = house.billing.asked.find(({ runId }) => runId === body.run.id)!;
    expect([inputTokens, maxOutputTokens]).toEqual([8_000, 2_000]);
    house.billing.room = 3_000;
    const small = await ask(await house.conversation(), 'When was the harbour bridge opened?');
    house.billing.room = Infinity;
    const asked = house.billing.asked.filter(({ runId }) => runId === small.body.run.id);
    expect(asked.map((one) => one.inputTokens)).toEqual([8_000, expect.any(Number)]);
    expect(asked[1]!.inputTokens).toBeGreaterThanOrEqual(small.body.run.usage.inputTokens);
    expect(asked[1]!.inputTokens).toBeLessThan(small.body.run.usage.inputTokens + 20);
  });

  it('looks nothing up for a question that fills the prompt by itself, and asks the budget for all of it', async () => {
    house.billing.refusal = new AppError('payment-required', 'billing.budget-exhausted', 'The budget is spent.');
    const content = 'harbour bridge '.repeat(50_000);
    const answer = await house.booted.as(house.tenantId)
      .post('/v1/chat/completions', { model: 'default', messages: [{ role: 'user', content }] });
    expect(answer.status).toBe(402);
    expect(house.billing.asked.at(-1)!.inputTokens).toBeGreaterThan(content.length / 4);
    expect(house.search.asked).toEqual([]);
  });

  it('knows no conversation of somebody else, and no empty question', async () => {
    const conversationId = await house.conversation();
    const stranger = house.booted.as(newId());
    expect((await stranger.post(`/v1/conversations/${conversationId}/messages`, { text: 'Hi' })).status).toBe(404);
    expect((await ask(newId(), 'Hi')).status).toBe(404);
    expect((await ask('nonsense', 'Hi')).status).toBe(404);
    expect((await ask(conversationId, '   ')).status).toBe(400);
  });

  it('answers one question of a conversation at a time', async () => {
    house.search.slowMs = 300;
    const conversationId = await house.conversation();
    const both = await Promise.all([ask(conversationId, 'Who opened the bridge?'), ask(conversationId, 'How long is the bridge?')]);
    house.search.slowMs = 0;
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const refused = both.find(({ status }) => status === 409)!;
    expect(refused.body).toMatchObject({ type: 'urn:atoll:problem:agent.conversation-busy' });
    await eventually(() => expect(house.billing.held.size).toBe(0));
    expect((await ask(conversationId, 'Who opened the bridge?')).status).toBe(200);
  });

  it('shows a run and its log to its asker alone, and replays exactly what was missed', async () => {
    const { body } = await ask(await house.conversation(), 'When was the harbour bridge opened?');
    const mine = house.booted.as(house.tenantId);
    const path = `/v1/runs/${body.run.id}`;
    expect((await mine.get<Run>(path)).body).toEqual(body.run);
    const whole = eventsOf((await mine.get(`${path}/events`)).text);
    expect(textOf(whole)).toBe(body.message.text);
    for (const seen of [0, 1, 2, Math.floor(whole.length / 2), whole.length - 1]) {
      const missed = eventsOf((await mine.get(`${path}/events`, { 'last-event-id': String(seen) })).text);
      expect(missed).toEqual(whole.slice(seen));
    }
    for (const seen of [whole.length, whole.length + 1, 999_999_999]) {
      expect(eventsOf((await mine.get(`${path}/events`, { 'last-event-id': String(seen) })).text)).toEqual(whole.slice(-1));
    }
    const strangers = [house.booted.as(newId()), house.booted.as(house.tenantId, { id: newId() })];
    for (const stranger of strangers) for (const url of [path, `${path}/events`]) expect((await stranger.get(url)).status).toBe(404);
    for (const stranger of strangers) expect((await stranger.post(`${path}/cancel`)).status).toBe(404);
    expect((await mine.post<Run>(`${path}/cancel`)).body).toEqual(body.run);
  });

  it('tells a second request under the same Idempotency-Key where to read on', async () => {
    const conversationId = await house.conversation();
    const headers = { ...STREAM, 'idempotency-key': newId() };
    const first = await ask(conversationId, 'Who opened the harbour bridge?', headers);
    const runId = (eventsOf(first.text)[0] as Extract<RunEvent, { event: 'run.started' }>).data.runId;
    const again = await ask(conversationId, 'Who opened the harbour bridge?', headers);
    expect(again).toMatchObject({ status: 409, body: { location: `/v1/runs/${runId}/events` } });
    expect(house.memory.conversations.get(conversationId)!.messages).toHaveLength(2);
  });
});
