import OpenAI from 'openai';
import { AppError, newId } from '#platform/core';
import { engines, eventually, ModelServer, testToken, textReply } from '#platform/testing';
import type { Run } from '../src/contract.js';
import { type House, openHouse } from './house.js';

describe.each(engines)('the official openai client on %s', (engine) => {
  let model: ModelServer;
  let house: House;
  let client: OpenAI;

  beforeAll(async () => {
    model = await ModelServer.start();
    house = await openHouse(engine,
      { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: model.url, ATOLL_CHAT_MODEL: 'scripted-model', ATOLL_LOG_LEVEL: 'silent' });
    const baseURL = `${await house.booted.listen()}/v1`;
    client = new OpenAI({ baseURL, apiKey: testToken(house.tenantId), maxRetries: 0 });
  });
  afterAll(async () => {
    await house.booted.close();
    await model.stop();
  });
  beforeEach(() => {
    model.reset();
    house.billing.refusal = null;
  });

  const question = 'When was the harbour bridge opened?';
  const answer = textReply(['It was ', 'opened in 1931 ', '[1].'], { usage: { inputTokens: 50, outputTokens: 7, cachedTokens: 20 } });

  it('gets a completion, with usage and citations', async () => {
    model.next(answer);
    const completion = await client.chat.completions.create({ model: 'default',
      messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: question }], temperature: 0.2, max_tokens: 300 });
    expect(completion).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/) as string, object: 'chat.completion', model: 'default',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'It was opened in 1931 [1].' } }],
      usage: { prompt_tokens: 50, completion_tokens: 7, total_tokens: 57, prompt_tokens_details: { cached_tokens: 20 } },
      citations: [{ marker: 1, documentName: 'harbour.md' }],
    });
    const { body } = model.requests[0]!;
    expect(body).toMatchObject({ temperature: 0.2, max_tokens: 300 });
    expect(body.messages[0]!.content).toMatch(/Be brief\.$/);
    expect(body.messages.at(-1)!.content).toContain(question);
    const runId = (completion as unknown as { run_id: string }).run_id;
    expect((await house.booted.as(house.tenantId).get<Run>(`/v1/runs/${runId}`)).body)
      .toMatchObject({ status: 'completed', conversationId: null });
    await eventually(() => expect(house.billing.settled.get(runId)).toMatchObject({ inputTokens: 50, outputTokens: 7, times: 1 }));
  });

  it('streams, with usage at the end when asked for', async () => {
    model.next(answer);
    const stream = await client.chat.completions.create({ model: 'atoll', stream: true, stream_options: { include_usage: true },
      messages: [{ role: 'user', content: question }] });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('It was opened in 1931 [1].');
    expect(chunks[0]!.choices[0]!.delta.role).toBe('assistant');
    expect(chunks.at(-2)).toMatchObject({ choices: [{ finish_reason: 'stop' }], citations: [{ marker: 1 }] });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 50, completion_tokens: 7, total_tokens: 57 } });
  });

  it('streams through the client\'s own helper', async () => {
    model.next(answer);
    const helper = client.chat.completions.stream({ model: 'default', messages: [{ role: 'user', content: question }] });
    const said: string[] = [];
    helper.on('content', (delta) => said.push(delta));
    expect((await helper.finalChatCompletion()).choices[0]!.message.content).toBe('It was opened in 1931 [1].');
    expect(said.join('')).toBe('It was opened in 1931 [1].');
  });

  it('carries the client\'s own conversation, nothing of it kept', async () => {
    model.next(answer);
    await client.chat.completions.create({ model: 'default',
      messages: [{ role: 'user', content: 'Hi' }, { role: 'assistant', content: 'Hello' },
        { role: 'user', content: [{ type: 'text', text: question }] }] });
    expect(model.requests[0]!.body.messages.slice(1, -1))
      .toEqual([{ role: 'user', content: 'Hi' }, { role: 'assistant', content: 'Hello' }]);
    expect(house.memory.conversations.size).toBe(0);
  });

  it('may leave in mid-stream: the answer is finished and counted once', async () => {
    model.next(textReply(Array.from({ length: 30 }, (_, at) => `w${at} `), { delayMs: 20 }));
    const stream = await client.chat.completions.create({ model: 'default', stream: true,
      messages: [{ role: 'user', content: question }] });
    let runId = '';
    for await (const chunk of stream) {
      runId = chunk.id.slice('chatcmpl-'.length);
      if (chunk.choices[0]?.delta.content) break;
    }
    await eventually(async () => expect((await house.booted.as(house.tenantId).get<Run>(`/v1/runs/${runId}`)).body)
      .toMatchObject({ status: 'completed', usage: { outputTokens: 30 } }));
    await eventually(() => expect(house.billing.settled.get(runId)).toMatchObject({ times: 1 }));
    expect(model.requests[0]).toMatchObject({ aborted: false, finished: true });
  });

  it('gets errors it understands', async () => {
    const ask = (model_ = 'default', from = client) =>
      from.chat.completions.create({ model: model_, messages: [{ role: 'user', content: question }] });
    await expect(ask('default', new OpenAI({ baseURL: client.baseURL, apiKey: 'wrong', maxRetries: 0 })))
      .rejects.toMatchObject({ status: 401, code: 'invalid_api_key', constructor: OpenAI.AuthenticationError });
    await expect(ask('no-such-agent'))
      .rejects.toMatchObject({ status: 404, code: 'model_not_found', param: 'model', constructor: OpenAI.NotFoundError });
    await expect(client.chat.completions.create({ model: 'default', messages: [] }))
      .rejects.toMatchObject({ status: 400, param: 'messages', constructor: OpenAI.BadRequestError });
    house.billing.refusal = new AppError('payment-required', 'billing.budget-exhausted', 'The budget is spent.');
    await expect(ask()).rejects.toMatchObject({ status: 402, code: 'insufficient_quota',
      message: expect.stringContaining('The budget is spent.') as string });
    house.billing.refusal = new AppError('rate-limited', 'billing.too-many-runs', 'Too many at once.', { retryAfterSeconds: 7 });
    await expect(ask()).rejects.toMatchObject({ status: 429, code: 'rate_limit_exceeded', constructor: OpenAI.RateLimitError });
    house.billing.refusal = null;
    model.always({ status: 400 });
    await expect(ask()).rejects.toMatchObject({ status: 503, constructor: OpenAI.InternalServerError });
    model.always({ status: 400, error: { error: { message: 'too long', code: 'context_length_exceeded' } } });
    await expect(ask()).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded', constructor: OpenAI.BadRequestError });
    model.reset();
    model.next(textReply(['one ', 'two '], { fault: { after: 1, kind: 'cut' } }));
    const stream = await client.chat.completions.create({ model: 'default', stream: true,
      messages: [{ role: 'user', content: question }] });
    await expect((async () => {
      for await (const _ of stream);
    })()).rejects.toBeInstanceOf(OpenAI.APIError);
  });

  it('is refused with a status where a stream has no first word, and told why its words ended', async () => {
    const create = () => client.chat.completions.create({ model: 'default', stream: true, messages: [{ role: 'user',
      content: question }] });
    model.always({ status: 429, retryAfterSeconds: 120 });
    await expect(create()).rejects.toMatchObject({ status: 503, code: 'agent.model-busy' });
    model.always(textReply(['It was ', 'op'], { finishReason: 'content_filter' }));
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of await create()) chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('It was op');
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('content_filter');
    const whole = await client.chat.completions.create({ model: 'default', messages: [{ role: 'user', content: question }] });
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'content_filter', message: { content: 'It was op' } });
  });

  it('has its own fields done, sent on or refused', async () => {
    const ask = (more: object) => client.chat.completions.create({ model: 'default', messages: [{ role: 'user', content: question }],
      ...more });
    model.always(textReply(['{"year":', '1931}'], { refuses: ['seed'] }));
    await ask({ response_format: { type: 'json_object' }, top_p: 0.5, user: 'somebody' });
    expect(model.requests.at(-1)!.body).toMatchObject({ response_format: { type: 'json_object' }, top_p: 0.5 });
    expect(model.requests.at(-1)!.body).not.toHaveProperty('user');
    await expect(ask({ seed: 7 })).rejects.toMatchObject({ status: 400, param: 'seed', constructor: OpenAI.BadRequestError });
    model.always(textReply(['one ', 'two END three ', 'four'], { refuses: ['stop'] }));
    expect((await ask({ stop: ['END'] })).choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'one two ' } });
    model.always(textReply('word '.repeat(200)));
    expect(await ask({ max_tokens: 10 })).toMatchObject({ usage: { completion_tokens: 10 }, choices: [{ finish_reason: 'length' }] });
  });

  it('counts the schema of the answer before it is sent, as providers bill it', async () => {
    model.always(answer);
    const description = 'word '.repeat(40_000);
    await client.chat.completions.create({ model: 'default', messages: [{ role: 'user', content: question }],
      response_format: { type: 'json_schema', json_schema: { name: 'year', schema: { type: 'object', description } } } });
    expect(house.billing.asked.at(-1)!.inputTokens).toBeGreaterThan(description.length / 4);
  });

  it('waits as long as it is told, and then succeeds', async () => {
    const patient = new OpenAI({ baseURL: client.baseURL, apiKey: client.apiKey, maxRetries: 1 });
    house.billing.refusal = new AppError('rate-limited', 'billing.too-many-runs', 'Too many at once.', { retryAfterSeconds: 1 });
    setTimeout(() => (house.billing.refusal = null), 300);
    model.next(answer);
    expect((await patient.chat.completions.create({ model: 'default',
      messages: [{ role: 'user', content: question }] })).choices[0]!.finish_reason).toBe('stop');
  });

  it('lists agents as models', async () => {
    const name = `Support ${engine}`;
    await house.booted.as(house.tenantId).post('/v1/agents', { name, instructions: 'Be patient.' });
    const { data } = await client.models.list();
    expect(data[0]).toMatchObject({ id: 'atoll', object: 'model', owned_by: 'atoll' });
    expect(data.map(({ id }) => id)).toContain(`support-${engine}`);
    expect(await client.models.retrieve(`support-${engine}`)).toMatchObject({ id: `support-${engine}`, name });
    await expect(client.models.retrieve('nobody')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    const other = new OpenAI({ baseURL: client.baseURL, apiKey: testToken(newId()), maxRetries: 0 });
    expect((await other.models.list()).data.map(({ id }) => id)).toEqual(['atoll']);
    await expect(other.models.retrieve(`support-${engine}`)).rejects.toMatchObject({ status: 404 });
  });

  it('embeds, in base64 as it asks for by itself and as numbers', async () => {
    const byDefault = await client.embeddings.create({ model: 'any', input: ['one', 'three'] });
    const asNumbers = await client.embeddings.create({ model: 'any', input: ['one', 'three'], encoding_format: 'float' });
    expect(byDefault.data.map(({ embedding }) => [...embedding])).toEqual([[3, 0.5, -1], [5, 0.5, -1]]);
    expect(asNumbers.data).toEqual(byDefault.data);
    expect(byDefault).toMatchObject({ object: 'list', model: 'fake-embedder', usage: { prompt_tokens: 2, total_tokens: 2 } });
    await eventually(() => expect([...house.billing.settled.values()])
      .toContainEqual(expect.objectContaining({ model: 'fake-embedder', inputTokens: 2, outputTokens: 0, times: 1 })));
    const refused = await Promise.all([[], Array.from({ length: 257 }, () => 'x'), '', ['a', ' '], [[1, 2]], { a: 1 },
      'x'.repeat(32_001), null]
      .map((input) => client.embeddings.create({ model: 'any', input: input as string }).then(() => '',
        (error: Error & { param: string }) => {
        expect(error.param).toBe('input');
        return error.message;
      })));
    expect(new Set(refused).size).toBe(refused.length);
    const asked = house.billing.asked.length;
    house.billing.refusal = new AppError('payment-required', 'billing.budget-exhausted', 'The budget is spent.');
    await expect(client.embeddings.create({ model: 'any', input: 'four' })).rejects.toMatchObject({ status: 402,
      code: 'insufficient_quota' });
    expect(house.billing.asked.slice(asked)).toMatchObject([{ model: 'offline', inputTokens: 1, maxOutputTokens: 0 }]);
    house.billing.refusal = null;
    await expect(client.embeddings.create({ model: 'any', input: 'x', dimensions: 8 }))
      .rejects.toMatchObject({ status: 400, param: 'dimensions' });
  });
});
