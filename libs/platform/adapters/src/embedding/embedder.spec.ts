import { EmbeddingConfig } from './embedding.config.js';
import { dot, embedOffline } from './offline.embedder.js';
import { OpenAiEmbedder, pauseAfter } from './openai.embedder.js';

describe('the offline embedder', () => {
  it('is deterministic and of unit length', () => {
    expect(embedOffline('harbour')).toEqual(embedOffline('harbour'));
    expect(dot(embedOffline('a ferry to the island'), embedOffline('a ferry to the island'))).toBeCloseTo(1, 5);
  });

  it('brings what is spelt alike near', () => {
    const near = dot(embedOffline('the lighthouse of the harbour'), embedOffline('lihgthouse harbours'));
    const far = dot(embedOffline('the lighthouse of the harbour'), embedOffline('quarterly tax report'));
    expect(near).toBeGreaterThan(far + 0.2);
  });

  it('gives a text without words no direction', () => {
    expect(dot(embedOffline('...'), embedOffline('harbour'))).toBe(0);
  });
});

describe('the OpenAI-compatible embedder', () => {
  const config = (more: Partial<EmbeddingConfig> = {}): EmbeddingConfig =>
    Object.assign(new EmbeddingConfig(), { model: 'm', openAiBaseUrl: 'http://model/v1/', openAiKey: 'k', ...more });
  const answer = (vectors: (number[] | string)[], order = vectors.map((_, at) => at)): Response =>
    Response.json({ data: order.map((at) => ({ index: at, embedding: vectors[at] })) });
  const server = (replies: (Response | Error)[]): { fetch: typeof fetch;
    calls: { url: string; body: { input: string[]; dimensions?: number } }[]; pauses: number[] } => {
    const calls: { url: string; body: { input: string[] } }[] = [];
    const fetch = (async (url: string, init: RequestInit) => {
      calls.push({ url, body: JSON.parse(init.body as string) as { input: string[] } });
      const reply = replies.shift()!;
      if (reply instanceof Error) throw reply;
      return reply;
    }) as unknown as typeof globalThis.fetch;
    return { fetch, calls, pauses: [] };
  };
  const embedder = (one: ReturnType<typeof server>,
    more: Partial<EmbeddingConfig> = {}): OpenAiEmbedder => new OpenAiEmbedder(config(more), one.fetch, (attempt, error) => {
    one.pauses.push(pauseAfter(attempt, error));
    return 0;
  });

  it('puts answers in order, scales them and learns their length', async () => {
    const model = server([answer([[3, 4], [0, 2]], [1, 0])]);
    const one = embedder(model);
    expect(one.dimensions).toBe(0);
    const vectors = await one.embed(['a', 'b']);
    expect([...vectors[0]!].map((value) => value.toFixed(1))).toEqual(['0.6', '0.8']);
    expect(one.dimensions).toBe(2);
    expect(model.calls[0]!.url).toBe('http://model/v1/embeddings');
  });

  it('reads base64 too, and asks for a length only when told to', async () => {
    const bytes = Buffer.alloc(8);
    bytes.writeFloatLE(1, 0);
    const model = server([answer([bytes.toString('base64')])]);
    const one = embedder(model, { dimensions: 2 });
    expect([...(await one.embed(['a']))[0]!]).toEqual([1, 0]);
    expect(model.calls[0]!.body.dimensions).toBe(2);
    expect(one.name).toBe('m@2');
  });

  it('waits as long as it is told and tries again, but not for ever', async () => {
    const busy = (): Response => new Response('', { status: 429, headers: { 'retry-after': '2' } });
    const model = server([busy(), new Error('reset'), answer([[1, 0]])]);
    await embedder(model).embed(['a']);
    expect(model.pauses).toEqual([2_000, 1_000]);
    await expect(embedder(server([busy(), busy(), busy(), busy()])).embed(['a']))
      .rejects.toMatchObject({ code: 'unavailable', reason: 'kernel.embedding-unavailable' });
    await expect(embedder(server([new Response('', { status: 401 })])).embed(['a']))
      .rejects.toMatchObject({ message: expect.stringContaining('status 401') });
  });

  it('refuses vectors of another number or length', async () => {
    await expect(embedder(server([answer([[1, 0]])])).embed(['a', 'b'])).rejects.toMatchObject({ reason: 'kernel.embedding-answer' });
    await expect(embedder(server([answer([[1, 0]])]), { dimensions: 3 }).embed(['a']))
      .rejects.toMatchObject({ reason: 'kernel.embedding-answer' });
  });

  it('sends many texts in batches', async () => {
    const model = server([answer(Array.from({ length: 128 }, () => [1, 0])), answer(Array.from({ length: 2 }, () => [1, 0]))]);
    expect(await embedder(model).embed(Array.from({ length: 130 }, () => 'text'))).toHaveLength(130);
    expect(model.calls.map(({ body }) => body.input.length)).toEqual([128, 2]);
  });
});
