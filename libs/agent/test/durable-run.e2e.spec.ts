import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '#platform/core';
import { asTenant, engines, eventually, ModelServer, textReply } from '#platform/testing';
import type { Run, RunEnd, RunEvent } from '../src/contract.js';
import { RunRepository } from '../src/runs/run.repository.js';
import { type House, isFinal, openHouse, textOf } from './house.js';
import { LiveStream } from './sockets.js';

const words = (count: number): string[] => Array.from({ length: count }, (_, at) => `w${at} `);
const deltas = (events: RunEvent[]): number => events.filter(({ event }) => event === 'answer.delta').length;

describe.each(engines)('a run with a language model on %s', (engine) => {
  let model: ModelServer;
  let house: House;
  let url: string;

  beforeAll(async () => {
    model = await ModelServer.start();
    house = await openHouse(engine, { OPENAI_API_KEY: 'key-of-the-provider', OPENAI_BASE_URL: model.url, ATOLL_CHAT_MODEL: 'scripted-model',
      ATOLL_MODEL_SILENCE_SECONDS: '3', ATOLL_MODEL_RETRIES: '1', ATOLL_LOG_LEVEL: 'silent' });
    url = await house.booted.listen();
  });
  afterAll(async () => {
    await house.booted.close();
    await model.stop();
  });
  beforeEach(() => model.reset());

  const ask = async (text = 'Why?', conversationId?: string): Promise<LiveStream> =>
    LiveStream.open(`${url}/v1/conversations/${conversationId ?? (await house.conversation())}/messages`, house.tenantId,
      { body: { text } });
  const resume = (runId: string, seen: number): Promise<LiveStream> =>
    LiveStream.open(`${url}/v1/runs/${runId}/events`, house.tenantId, { headers: { 'last-event-id': String(seen) } });
  const runOf = async (runId: string): Promise<Run> => (await house.booted.as(house.tenantId).get<Run>(`/v1/runs/${runId}`)).body;

  it('streams what the model says, cites, and counts what the provider counted', async () => {
    model.next(textReply(['It was ', 'opened ', 'in 1931 ', '[1].'], { usage: { inputTokens: 321, outputTokens: 9, cachedTokens: 100 } }));
    const end = (await (await ask('When was the bridge opened?')).end()).data as RunEnd;
    expect(end).toMatchObject({ text: 'It was opened in 1931 [1].', outcome: 'answered', citations: [{ marker: 1 }],
      usage: { inputTokens: 321, outputTokens: 9, cachedTokens: 100, estimated: false } });
    const { body } = model.requests[0]!;
    expect(body.model).toBe('scripted-model');
    expect(body.messages.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(body.messages[1]!.content).toContain('<passage n="1" document="harbour.md"');
    await eventually(() => expect(house.billing.settled.get(end.runId))
      .toMatchObject({ inputTokens: 321, outputTokens: 9, cachedTokens: 100, model: 'scripted-model' }));
  });

  it('is not begun where the budget refuses it: no model hears of the question', async () => {
    house.billing.refusal = new AppError('payment-required', 'billing.budget-exhausted', 'The budget is spent.');
    const conversationId = await house.conversation();
    const { status } = await house.booted.as(house.tenantId).post(`/v1/conversations/${conversationId}/messages`, { text: 'Why?' });
    house.billing.refusal = null;
    await pause(100);
    expect({ status, asked: model.requests, kept: house.memory.conversations.get(conversationId)!.messages })
      .toEqual({ status: 402, asked: [], kept: [] });
  });

  it('calls an answer unknown that cites nothing and says so', async () => {
    model.next(textReply('I do not know: the passages do not say.'));
    expect((await (await ask()).end()).data).toMatchObject({ outcome: 'unknown', citations: [] });
  });

  it('goes on when its reader leaves, and replays exactly what was missed', async () => {
    model.next(textReply(words(40), { delayMs: 20 }));
    const first = await ask();
    await first.until((events) => deltas(events) >= 5);
    await first.leave();
    const seen = first.events.at(-1)!.id;
    const second = await resume(first.runId, seen);
    await second.until((events) => deltas(events) >= 5);
    await second.leave();
    const third = await resume(first.runId, second.events.at(-1)!.id);
    const end = await third.end();
    const all = [...first.events, ...second.events, ...third.events];
    expect(all.map(({ id }) => id)).toEqual(all.map((_, at) => at + 1));
    expect(textOf(all)).toBe(words(40).join(''));
    expect(end).toMatchObject({ event: 'run.completed', data: { text: words(40).join('') } });
    expect(all.filter(isFinal)).toHaveLength(1);
    const late = await resume(first.runId, seen);
    await late.end();
    expect(late.events).toEqual(all.slice(seen));
  });

  it('answers several readers of one run alike', async () => {
    model.next(textReply(words(20), { delayMs: 10 }));
    const first = await ask();
    await first.until((events) => deltas(events) >= 3);
    const others = await Promise.all([0, 2, 4].map((seen) => resume(first.runId, seen)));
    await Promise.all([first, ...others].map((stream) => stream.end()));
    others.forEach((other, at) => expect(other.events).toEqual(first.events.slice([0, 2, 4][at])));
  });

  it('stops on demand alone: what was said stays, the model is let go, nothing comes after', async () => {
    model.next(textReply(words(500), { delayMs: 10 }));
    const stream = await ask();
    await stream.until((events) => deltas(events) >= 5);
    const { status, body } = await house.booted.as(house.tenantId).post<Run>(`/v1/runs/${stream.runId}/cancel`);
    expect({ status, run: body.status, outcome: body.outcome }).toEqual({ status: 200, run: 'cancelled', outcome: 'cancelled' });
    const end = await stream.end();
    expect(end).toMatchObject({ event: 'run.cancelled', data: { text: textOf(stream.events), usage: { estimated: true } } });
    await eventually(() => expect(model.requests[0]).toMatchObject({ aborted: true }));
    const { conversationId } = body;
    expect(house.memory.conversations.get(conversationId!)!.messages.at(-1))
      .toMatchObject({ status: 'interrupted', text: textOf(stream.events) });
    await eventually(() => expect(house.billing.settled.get(body.id)).toMatchObject({ times: 1, outputTokens: body.usage.outputTokens }));
  });

  it.each([
    ['refuses the key', { status: 401 }, 'agent.model-refused', 1],
    ['is unknown', { status: 404 }, 'agent.model-unknown', 1],
    ['rejects the request', { status: 400 }, 'agent.model-rejected', 1],
  ])('fails clearly when the model %s', async (_, reply, reason, calls) => {
    model.always(reply);
    const stream = await ask();
    const end = await stream.end();
    expect(end).toMatchObject({ event: 'run.failed', data: { outcome: 'failed', text: '', error: { code: 'unavailable', reason } } });
    expect(JSON.stringify(stream.events)).not.toContain('key-of-the-provider');
    expect(model.requests).toHaveLength(calls);
    expect(await runOf(stream.runId)).toMatchObject({ status: 'failed', error: { reason } });
    await eventually(() => expect(house.billing.released).toContain(stream.runId));
  });

  it.each([['is busy', { status: 429, retryAfterSeconds: 0 }], ['fails', { status: 500 }]])('asks again when the model %s before it ' +
    'said anything', async (_, reply) => {
    model.next(reply, textReply('Here it is.'));
    expect(await (await ask()).end()).toMatchObject({ event: 'run.completed', data: { text: 'Here it is.' } });
    expect(model.requests).toHaveLength(2);
  });

  it.each([['is busy', { status: 429, retryAfterSeconds: 0 }, 'agent.model-busy'], ['fails', { status: 503 }, 'agent.model-unavailable']])(
    'gives up when the model %s again and again', async (_, reply, reason) => {
    model.always(reply);
    expect(await (await ask()).end()).toMatchObject({ event: 'run.failed', data: { error: { reason } } });
    expect(model.requests).toHaveLength(2);
  });

  it.each([
    ['breaks off', 'cut', /agent\.model-(cut|unreachable)/],
    ['goes silent', 'stall', /agent\.model-silent/],
    ['sends garbage', 'garble', /agent\.model-/],
  ] as const)('keeps what was said when the model %s, and never asks twice', async (_, kind, reason) => {
    model.next(textReply(words(10), { fault: { after: 4, kind } }));
    const conversationId = await house.conversation();
    const stream = await ask('Why?', conversationId);
    const end = await stream.end();
    expect(end).toMatchObject({ event: 'run.failed',
      data: { text: words(4).join(''), error: { reason: expect.stringMatching(reason) as string } } });
    expect(house.memory.conversations.get(conversationId)!.messages.at(-1))
      .toMatchObject({ role: 'assistant', status: 'failed', text: words(4).join('') });
    expect(model.requests).toHaveLength(1);
    expect((await runOf(stream.runId)).usage).toMatchObject({ estimated: true, outputTokens: expect.any(Number) as number });
  });

  it('answers as a problem where no stream was asked for and the model fails', async () => {
    model.always({ status: 400 });
    const { status, body } = await house.booted.as(house.tenantId).post(`/v1/conversations/${await house.conversation()}/messages`,
      { text: 'Why?' });
    expect(status).toBe(503);
    expect(body).toMatchObject({ type: 'urn:atoll:problem:agent.model-rejected', runId: expect.any(String) as string });
  });

  it('gives the history back to the model, without answers that never came', async () => {
    const conversationId = await house.conversation();
    model.next(textReply('First answer.'), { status: 400 }, textReply('Third answer.'));
    for (const text of ['First?', 'Second?', 'Third?']) await (await ask(text, conversationId)).end();
    expect(model.requests.at(-1)!.body.messages.slice(1, -1)).toEqual([
      { role: 'user', content: 'First?' },
      { role: 'assistant', content: 'First answer.' },
      { role: 'user', content: 'Second?' },
    ]);
  });

  it('marks an answer that reached the tokens it may take', async () => {
    model.next(textReply('Long', { finishReason: 'length' }));
    expect((await (await ask()).end()).data).toMatchObject({ truncated: true });
  });

  it('takes the agent\'s own model and temperature', async () => {
    const agent = await house.booted.as(house.tenantId).post<{ id: string }>('/v1/agents',
      { name: `Poet ${engine}`, model: 'other-model', temperature: 1.5, instructions: 'Answer in verse.', knowledge: false,
        memory: false });
    await (await ask('Why?', await house.conversation(agent.body.id))).end();
    expect(model.requests[0]!.body).toMatchObject({ model: 'other-model', temperature: 1.5,
      messages: [{ content: expect.stringContaining('Answer in verse.') as string }, { content: 'Why?' }] });
  });

  it('tells that a question was accepted once the run keeps it, and asks the model once it stands in its conversation', async () => {
    const append = house.memory.append.bind(house.memory);
    let keep!: () => void;
    const kept = new Promise<void>((resolve) => (keep = resolve));
    house.memory.append = (entry) => kept.then(() => append(entry));
    const stream = await ask();
    await eventually(() => expect(stream.events[0]).toMatchObject({ id: 1, event: 'run.started' }));
    const stored = () => asTenant(house.tenantId, () => house.booted.get(RunRepository).find(stream.runId));
    expect(await stored()).toMatchObject({ status: 'running', question: 'Why?' });
    expect(model.requests).toEqual([]);
    keep();
    expect((await stream.end()).event).toBe('run.completed');
    expect(await stored()).toMatchObject({ status: 'completed', question: null });

    let failures = 2;
    house.memory.append = async (entry) => {
      if (entry.message.role === 'user' && failures-- > 0) throw new AppError('unavailable', 'memory.away', 'away');
      return append(entry);
    };
    const conversationId = await house.conversation();
    expect((await (await ask('Why?', conversationId)).end()).event).toBe('run.completed');
    expect(house.memory.conversations.get(conversationId)!.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
    house.memory.append = append;
  });

  it('ends the answer even where the conversation is deleted meanwhile, or saving it fails at first', async () => {
    model.next(textReply(words(5), { delayMs: 20 }), textReply('Saved.'));
    const conversationId = await house.conversation();
    const gone = await ask('Why?', conversationId);
    await gone.until((events) => deltas(events) >= 1);
    house.memory.conversations.delete(conversationId);
    expect(await gone.end()).toMatchObject({ event: 'run.completed' });

    const append = house.memory.append.bind(house.memory);
    let failures = 2;
    house.memory.append = async (entry) => {
      if (entry.message.role === 'assistant' && failures-- > 0) throw new AppError('unavailable', 'memory.away', 'away');
      return append(entry);
    };
    const kept = await ask();
    expect(await kept.end()).toMatchObject({ event: 'run.completed', data: { text: 'Saved.' } });
    house.memory.append = append;
  });
});
