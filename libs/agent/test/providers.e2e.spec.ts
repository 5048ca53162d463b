import { eventually, type ModelQuirk, type ModelReply, ModelServer, textReply } from '#platform/testing';
import type { AnsweredMessage } from '../src/chat/chat.controller.js';
import type { RunEnd } from '../src/contract.js';
import { type House, eventsOf, openHouse, textOf } from './house.js';

const WORDS = ['It was ', 'opened ', 'in 1931 ', '[1].'];
const ANSWER = WORDS.join('');

describe('answers of servers that speak OpenAI\'s protocol in their own way', () => {
  let model: ModelServer;
  let house: House;

  beforeAll(async () => {
    model = await ModelServer.start();
    house = await openHouse('embedded', { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: model.url, ATOLL_CHAT_MODEL: 'scripted-model',
      ATOLL_MODEL_SILENCE_SECONDS: '0.6', ATOLL_MODEL_THINKING_SECONDS: '2.5', ATOLL_MODEL_RETRIES: '0', ATOLL_LOG_LEVEL: 'silent' });
  });
  afterAll(async () => {
    await house.booted.close();
    await model.stop();
  });
  beforeEach(() => model.reset());

  interface Asked {
    status: number;
    headers: Record<string, string>;
    body: AnsweredMessage & { type?: string; detail?: string; runId?: string; messageId?: string };
    conversationId: string;
  }

  async function ask(reply: ModelReply, text = 'When was the harbour bridge opened?'): Promise<Asked> {
    model.next(reply);
    const conversationId = await house.conversation();
    const answer = await house.booted.as(house.tenantId).post<Asked['body']>(`/v1/conversations/${conversationId}/messages`, { text });
    return { ...answer, headers: answer.headers as Record<string, string>, conversationId };
  }

  const saved = ({ conversationId }: Asked) => house.memory.conversations.get(conversationId)!.messages.at(-1)!;

  it.each<ModelQuirk[]>([
    [], ['usage-between'], ['no-delta'], ['null-fields'], ['parts'], ['tight'], ['crlf'], ['comments'], ['noise'], ['no-blank-lines'],
    ['no-done'], ['whole'], ['gzip'], ['no-type'], ['usage-between', 'no-delta', 'null-fields', 'tight', 'crlf', 'no-done', 'no-type'],
    ['parts', 'comments', 'noise', 'gzip', 'no-done'], ['no-done', 'open-end'],
  ])('are delivered: %j %s', async (...quirks) => {
    const asked = await ask(textReply(WORDS, { quirks: quirks.filter((quirk) => quirk !== undefined) }));
    expect(asked).toMatchObject({ status: 200, body: { message: { text: ANSWER, status: 'complete', citations: [{ marker: 1 }] } } });
    expect(saved(asked)).toMatchObject({ text: ANSWER, status: 'complete' });
  }, 15_000);

  it('are shown without thoughts, in the stream, in the conversation and to the next turn', async () => {
    model.next(textReply(['<thi', 'nk>The user wants', ' a year.</thi', 'nk>\n\n', ...WORDS]));
    const conversationId = await house.conversation();
    const { text } = await house.booted.as(house.tenantId)
      .post(`/v1/conversations/${conversationId}/messages`, { text: 'When?' }, { accept: 'text/event-stream' });
    expect(textOf(eventsOf(text))).toBe(ANSWER);
    expect((eventsOf(text).at(-1)!.data as RunEnd).text).toBe(ANSWER);
    expect(house.memory.conversations.get(conversationId)!.messages.at(-1)!.text).toBe(ANSWER);
  });

  it('may be thought about for longer than a model may be silent, and not for ever', async () => {
    const thoughts = (count: number): string[] => Array.from({ length: count }, () => 'Hm. ');
    const asked = await ask(textReply(WORDS, { reasoning: thoughts(8), delayMs: 200 }));
    expect(asked).toMatchObject({ status: 200, body: { message: { text: ANSWER } } });
    const alive = await ask({ raw: [...thoughts(8).map(() => ': keep-alive\n\n'),
      'data: {"choices":[{"delta":{"content":"Yes"},"finish_reason":"stop"}]}\n\n'], delayMs: 200 });
    expect(alive.body.message.text).toBe('Yes');
    const endless = await ask(textReply(WORDS, { reasoning: thoughts(60), delayMs: 200 }));
    expect(endless).toMatchObject({ status: 503, body: { type: 'urn:atoll:problem:agent.model-thinking' } });
    const silent = await ask(textReply(WORDS, { fault: { after: 1, kind: 'stall' } }));
    expect(silent).toMatchObject({ status: 503, body: { type: 'urn:atoll:problem:agent.model-silent' } });
  }, 30_000);

  it.each<[string, ModelReply, number, string, string]>([
    ['filtered before its first word', textReply([], { finishReason: 'content_filter' }), 422, 'agent.model-filtered', ''],
    ['filtered in the middle', textReply(['It was ', 'op'], { finishReason: 'content_filter' }), 422, 'agent.model-filtered', 'It was op'],
    ['empty', textReply([]), 503, 'agent.model-empty', ''],
    ['nothing but white space', textReply([' ', '\n']), 503, 'agent.model-empty', ''],
    ['used up by thinking', textReply([], { reasoning: ['a', 'b'], finishReason: 'length' }), 422, 'agent.model-exhausted', ''],
    ['thought in tags to its end', textReply(['<think>', 'and on and on'], { finishReason: 'length' }), 422, 'agent.model-exhausted', ''],
    ['a call of a tool', { toolCalls: [{ name: 'look', arguments: {} }] }, 422, 'agent.model-tool-call', ''],
    ['broken off by the provider', textReply(['It was '], { finishReason: 'error' }), 503, 'agent.model-cut', 'It was '],
    ['without an end', textReply(WORDS, { finishReason: null, quirks: ['no-done'] }), 503, 'agent.model-cut', ANSWER],
    ['an error in the stream', { raw: ['data: {"choices":[{"delta":{"content":"It "}}]}\n\n',
      'data: {"error":{"message":"overloaded","code":429}}\n\n'] }, 503, 'agent.model-busy', 'It '],
    ['a page', { raw: ['<html>Sign in</html>'] }, 503, 'agent.model-protocol', ''],
  ])('fail with the reason where they never came: %s', async (_what, reply, status, reason, text) => {
    const asked = await ask('usage' in reply ? reply : { ...reply, rawUsage: null });
    expect(asked).toMatchObject({ status, body: { type: `urn:atoll:problem:${reason}` } });
    const message = saved(asked);
    expect(message).toMatchObject({ status: 'failed', text });
    const run = (await house.booted.as(house.tenantId).get<object>(`/v1/runs/${asked.body.runId}`)).body;
    expect(run).toMatchObject({ status: 'failed', outcome: 'failed', error: { reason } });
    // The prompt was read, and is paid for.
    await eventually(() => expect(house.billing.settled.get(asked.body.runId!)?.inputTokens).toBeGreaterThan(50));
  });

  it('tell when to come back', async () => {
    const asked = await ask({ status: 429, retryAfterSeconds: 120 });
    expect(asked).toMatchObject({ status: 503, headers: { 'retry-after': '120' }, body: { type: 'urn:atoll:problem:agent.model-busy' } });
    expect(asked.body.detail).toContain('2 minutes');
    await eventually(() => expect(house.billing.released).toContain(asked.body.runId));
  });

  it('tell what is wrong, and nobody\'s key', async () => {
    const key = await ask({ status: 401, error: { error: { message: 'Incorrect API key provided: sk-secret123456',
      code: 'invalid_api_key' } } });
    expect(key.body.detail).toContain('OPENAI_API_KEY');
    expect(JSON.stringify(key.body)).not.toContain('secret');
    const long = await ask({ status: 400, error: { error: { message: 'maximum context length is 10 tokens',
      code: 'context_length_exceeded' } } });
    expect(long).toMatchObject({ status: 400, body: { type: 'urn:atoll:problem:agent.prompt-too-long' } });
  });

  it('come without a field that the server does not know', async () => {
    const refuses = ['stream_options', 'max_tokens'];
    model.always(textReply(WORDS, { refuses }));
    const conversationId = await house.conversation();
    for (let turn = 0; turn < 2; turn++) {
      const { body } = await house.booted.as(house.tenantId).post<AnsweredMessage>(`/v1/conversations/${conversationId}/messages`,
        { text: 'When?' });
      expect(body.message.text).toBe(ANSWER);
    }
    expect(model.requests.map(({ body }) => refuses.filter((field) => field in body).length)).toEqual([2, 1, 0, 0]);
    expect(model.requests.at(-1)!.body).toMatchObject({ max_completion_tokens: 2_000 });
  });

  it('are cut where the model does not, and counted up to there', async () => {
    const asked = await ask(textReply(['word '.repeat(20)], { repeat: 2_000, delayMs: 2 }));
    expect(asked).toMatchObject({ status: 200, body: { run: { usage: { outputTokens: 2_000, estimated: true } } } });
    expect(asked.body.message.text.length).toBeLessThanOrEqual(2 * 2_000 * 4);
    await eventually(() => expect(model.requests.at(-1)).toMatchObject({ aborted: true }));
  });

  it.each<[string, unknown]>([
    ['below zero', { prompt_tokens: -5, completion_tokens: -5 }], ['null', null], ['no numbers', { prompt_tokens: 'NaN',
      completion_tokens: {} }],
    ['beyond all reason', { prompt_tokens: 1e15, completion_tokens: 1e15, total_tokens: 2e15 }],
  ])('are counted here where the provider\'s count is %s', async (_what, rawUsage) => {
    const { status, body } = await ask(textReply(WORDS, { rawUsage }));
    expect(status).toBe(200);
    expect(body.run.usage).toMatchObject({ estimated: true, cachedTokens: 0, outputTokens: Math.ceil(ANSWER.length / 4) });
    expect(body.run.usage.inputTokens).toBeGreaterThan(50);
    await eventually(() => expect(house.billing.settled.get(body.run.id)).toMatchObject({ inputTokens: body.run.usage.inputTokens }));
  });

  it('hold a NUL, and the conversation goes on', async () => {
    const asked = await ask(textReply(['a\u0000', 'b \ud83d']), 'What is this?');
    expect(asked).toMatchObject({ status: 200, body: { message: { text: 'a\uFFFDb \uFFFD' } } });
    const again = await house.booted.as(house.tenantId).post(`/v1/conversations/${asked.conversationId}/messages`, { text: 'And?' });
    expect(again.status).toBe(200);
  });
});
