import { ChatOpenAI } from '@langchain/openai';
import OpenAI, { APIError, InternalServerError, RateLimitError } from 'openai';
import { eventually } from '../eventually.js';
import { ModelServer } from './model-server.js';
import { rateLimitedReply, textReply, toolReply } from './reply.js';
import { spawnModelServer } from './spawn.js';

let model: ModelServer;
let client: OpenAI;

beforeAll(async () => {
  model = await ModelServer.start();
  client = new OpenAI({ baseURL: model.url, apiKey: 'any', maxRetries: 0, logLevel: 'off' });
});
afterEach(() => model.reset());
afterAll(() => model.stop());

const ask = { model: 'scripted-model', messages: [{ role: 'user' as const, content: 'Where is the island?' }] };
const weather = { type: 'function' as const, function: { name: 'weather', parameters: { type: 'object', properties: {} } } };

describe('ModelServer and the official openai client', () => {
  it('answers in one piece with usage and records what it was asked', async () => {
    model.next(textReply('In the sea.', { usage: { inputTokens: 7, outputTokens: 3, cachedTokens: 2 } }));
    const answer = await client.chat.completions.create(ask);
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant', content: 'In the sea.' } });
    expect(answer.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 3, total_tokens: 10,
      prompt_tokens_details: { cached_tokens: 2 } });
    expect(model.requests[0]).toMatchObject({ path: '/v1/chat/completions', body: ask, finished: true, aborted: false });
    expect(model.requests[0]?.headers.authorization).toBe('Bearer any');
  });

  it('echoes without a script', async () => {
    const answer = await client.chat.completions.create(ask);
    expect(answer.choices[0]?.message.content).toBe('You said: Where is the island?');
  });

  it('streams word by word on schedule and ends with usage', async () => {
    model.always(textReply('one two  three', { firstDelayMs: 30, delayMs: 10 }));
    const started = performance.now();
    const stream = await client.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } });
    const texts: string[] = [];
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      const text = chunk.choices[0]?.delta.content;
      if (text) texts.push(text);
      usage = chunk.usage ?? usage;
    }
    expect(texts).toEqual(['one', ' two', '  three']);
    expect(usage?.completion_tokens).toBe(3);
    expect(performance.now() - started).toBeGreaterThanOrEqual(49);
  });

  it('calls a tool, in streamed fragments, then answers', async () => {
    model.next(toolReply('weather', { island: 'Suwarrow', unit: 'celsius' }), textReply('Warm.'));
    const run = client.chat.completions.stream({ ...ask, tools: [weather] });
    const { choices: [first] } = await run.finalChatCompletion();
    expect(first?.finish_reason).toBe('tool_calls');
    const call = first!.message.tool_calls![0]! as OpenAI.ChatCompletionMessageFunctionToolCall;
    expect(JSON.parse(call.function.arguments)).toEqual({ island: 'Suwarrow', unit: 'celsius' });
    const messages = [...ask.messages, { ...first!.message }, { role: 'tool' as const, tool_call_id: call.id, content: '29' }];
    const second = await client.chat.completions.create({ ...ask, messages });
    expect(second.choices[0]?.message.content).toBe('Warm.');
    expect(model.requests[1]?.body.messages[2]?.tool_call_id).toBe(call.id);
  });

  it('refuses with 429 and Retry-After, and with 500', async () => {
    model.next(rateLimitedReply(7), { status: 500 });
    const limited = await client.chat.completions.create(ask).catch((error: unknown) => error as APIError);
    expect(limited).toBeInstanceOf(RateLimitError);
    expect((limited as APIError).headers?.get('retry-after')).toBe('7');
    await expect(client.chat.completions.create(ask)).rejects.toBeInstanceOf(InternalServerError);
  });

  it.each([['cut', /terminated|socket|closed|premature/i], ['garble', /JSON|parse/i]] as const)(
    '%ss a stream in the middle', async (kind, message) => {
    model.next(textReply('one two three', { fault: { after: 2, kind } }));
    const stream = await client.chat.completions.create({ ...ask, stream: true });
    const texts: string[] = [];
    const reading = (async () => {
      for await (const chunk of stream) texts.push(chunk.choices[0]?.delta.content ?? '');
    })();
    await expect(reading).rejects.toThrow(message);
    expect(texts.join('')).toBe('one two');
  });

  it('stalls until the client gives up, and sees that it did', async () => {
    model.next(textReply('one two', { fault: { after: 1, kind: 'stall' } }), textReply('a b c', { delayMs: 5_000 }),
      { firstDelayMs: 5_000 });
    for (const request of [0, 1]) {
      const stream = await client.chat.completions.create({ ...ask, stream: true });
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) stream.controller.abort();
      await eventually(() => expect(model.requests[request]).toMatchObject({ sent: 1, aborted: true, finished: false }));
    }
    await expect(client.chat.completions.create(ask, { timeout: 50 })).rejects.toThrow(/timed out|Connection error/);
    await eventually(() => expect(model.requests[2]).toMatchObject({ aborted: true, finished: false }));
  });

  it('embeds the same text to the same unit vector, and texts that share words near each other', async () => {
    const { data } = await client.embeddings.create({ model: 'scripted-embedding', input: ['coral reef', 'the coral reef', 'invoice'],
      dimensions: 64 });
    const [a, b, c] = data.map((one) => one.embedding) as [number[], number[], number[]];
    const dot = (left: number[], right: number[]) => left.reduce((sum, value, index) => sum + value * right[index]!, 0);
    expect(a).toHaveLength(64);
    expect(dot(a, a)).toBeCloseTo(1);
    expect(dot(a, b)).toBeGreaterThan(dot(a, c) + 0.3);
    const plain = await client.embeddings.create({ model: 'scripted-embedding', input: 'coral reef', dimensions: 64,
      encoding_format: 'float' });
    plain.data[0]!.embedding.forEach((value, index) => expect(value).toBeCloseTo(a[index]!));
  });

  it('lists its models', async () => {
    expect((await client.models.list()).data.map((one) => one.id)).toEqual(['scripted-model']);
  });
});

describe('ModelServer and ChatOpenAI', () => {
  const chat = () => new ChatOpenAI({ model: 'scripted-model', apiKey: 'any', configuration: { baseURL: model.url }, streamUsage: true,
    maxRetries: 0 });

  it('streams text and usage', async () => {
    model.next(textReply('In the sea.', { usage: { inputTokens: 5, cachedTokens: 4 } }));
    const chunks = await Array.fromAsync(await chat().stream('Where?'));
    const whole = chunks.reduce((left, right) => left.concat(right));
    expect(whole.content).toBe('In the sea.');
    expect(whole.usage_metadata).toMatchObject({ input_tokens: 5, output_tokens: 3, input_token_details: { cache_read: 4 } });
  });

  it('joins streamed tool calls', async () => {
    model.next({ toolCalls: [{ name: 'weather', arguments: { island: 'Palmerston' } },
      { name: 'weather', arguments: { island: 'Suwarrow' } }] });
    const chunks = await Array.fromAsync(await chat().bindTools([weather]).stream('Weather?'));
    const whole = chunks.reduce((left, right) => left.concat(right));
    expect(whole.tool_calls?.map((call) => call.args)).toEqual([{ island: 'Palmerston' }, { island: 'Suwarrow' }]);
  });
});

it('runs as a process of its own, scripted over HTTP', async () => {
  const spawned = await spawnModelServer();
  try {
    await spawned.script({ always: textReply('tok ', { repeat: 50 }) });
    const remote = new OpenAI({ baseURL: spawned.url, apiKey: 'any' });
    const stream = await remote.chat.completions.create({ ...ask, stream: true });
    expect(await Array.fromAsync(stream)).toHaveLength(51);
    expect((await spawned.requests()).map((request) => request.finished)).toEqual([true]);
  } finally {
    await spawned.stop();
  }
});
