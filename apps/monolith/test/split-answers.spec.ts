import OpenAI from 'openai';
import type { Run } from '#agent';
import { eventually, ModelServer, OtlpCollector, textReply } from '#platform/testing';
import { contextNames, Fleet, freePorts } from './fleet.js';
import { ENDS, readUntil, textOf, whole, WORDS } from './read-run.js';
import { register } from './sign-up.js';
import type { User } from './user.js';

const QUESTION = 'When does the harbour office open?';

/** An edge, two pods of agent, one of all the others; and beside them one process that hosts everything, to compare with. */
describe('answers in a split', () => {
  let model: ModelServer;
  let collector: OtlpCollector;
  let fleet: Fleet;
  let ada: User;
  let one: string;
  let pods: { name: string; url: string }[];

  beforeAll(async () => {
    [model, collector] = await Promise.all([ModelServer.start(), OtlpCollector.start()]);
    fleet = await Fleet.open({
      env: {
        OPENAI_API_KEY: 'k', OPENAI_BASE_URL: model.url, ATOLL_CHAT_MODEL: 'scripted-model', ATOLL_EMBEDDING_MODEL: 'offline',
        ATOLL_RUN_LEASE_SECONDS: '5',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '100',
      },
    });
    const [edge, first, second, rest, all] = await freePorts(5);
    const others = contextNames.filter((name) => name !== 'agent');
    const urls = Object.fromEntries(others.map((name) => [`ATOLL_URL_${name.toUpperCase()}`, `http://127.0.0.1:${rest}`]));
    pods = [first, second].map((port, at) => ({ name: `agent-${at}`, url: `http://127.0.0.1:${port}` }));
    one = `http://127.0.0.1:${all}`;
    await fleet.start(
      { name: 'edge', port: edge!, env: { ATOLL_CONTEXTS: 'none', ...urls, ATOLL_URL_AGENT: pods.map(({ url }) => url).join(',') } },
      { name: 'agent-0', port: first!, env: { ATOLL_CONTEXTS: 'agent' } },
      { name: 'agent-1', port: second!, env: { ATOLL_CONTEXTS: 'agent' } },
      { name: 'rest', port: rest!, env: { ATOLL_CONTEXTS: others.join(',') } },
      { name: 'one', port: all!, env: { ATOLL_RUN_JOBS: 'false' } },
    );
    ada = await register(`http://127.0.0.1:${edge}`, 'ada@split.example', 'Split');
    await ada.upload('hours.md', '# Hours\n\nThe harbour office opens at 7 am on weekdays.\n');
  }, 180_000);

  afterAll(async () => {
    await fleet?.close();
    collector?.close();
    await model?.stop();
  });

  it('leave a trace of the same shape as in one process, and the hops between', async () => {
    model.always(textReply(['At 7 am ', '[1].'], { usage: { inputTokens: 5, outputTokens: 3 } }));
    const traced = async (user: User): Promise<string> => {
      const traceId = crypto.randomUUID().replaceAll('-', '');
      const conversation = await user.converse();
      await readUntil(user.stream('POST', `/v1/conversations/${conversation}/messages`,
        { body: { text: QUESTION }, headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } }), () => false);
      return traceId;
    };
    const [apart, together] = [await traced(ada), await traced(ada.at(one))];
    await eventually(() => {
      expect(collector.shape(together).length).toBeGreaterThan(3);
      expect(collector.shape(apart)).toEqual(collector.shape(together));
    }, { timeoutMs: 20_000, everyMs: 200 });
    expect(collector.shape(apart).join('\n')).toMatch(/POST \/v1\/conversations\/:\w+\/messages[\s\S]*> search\.find/);
    // What comes after an answer may be done by any process.
    expect(collector.hops(together).filter((name) => /^forward|search/.test(name))).toEqual([]);
    expect(collector.hops(apart)).toEqual(expect.arrayContaining(['forward agent', 'call search.find', 'serve search.find']));
  }, 60_000);

  it('come to the official openai client through the edge as from one process', async () => {
    for (const url of [ada.url, one]) {
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: ada.key!, maxRetries: 0 });
      model.always(textReply(['It opens ', 'at 7 am ', '[1].'], { usage: { inputTokens: 50, outputTokens: 7 } }));
      const messages = [{ role: 'user' as const, content: QUESTION }];
      expect(await client.chat.completions.create({ model: 'atoll', messages }))
        .toMatchObject({ object: 'chat.completion', choices: [{ finish_reason: 'stop', message: { content: 'It opens at 7 am [1].' } }],
          usage: { total_tokens: 57 } });
      const chunks = await Array.fromAsync(
        await client.chat.completions.create({ model: 'atoll', messages, stream: true, stream_options: { include_usage: true } }));
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('It opens at 7 am [1].');
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 57 } });
      expect((await client.embeddings.create({ model: 'offline', input: 'harbour', encoding_format: 'float' })).data[0]!.embedding.length)
        .toBeGreaterThan(100);
      await expect(new OpenAI({ baseURL: `${url}/v1`, apiKey: 'nobody', maxRetries: 0 }).chat.completions.create({ model: 'atoll',
        messages })).rejects.toMatchObject({ status: 401, error: { type: expect.any(String) as string } });
    }
  });

  it('survive the pod that writes them: the reader is told to come back, and finds at the other pod what there was', async () => {
    model.always(textReply(WORDS, { delayMs: 20 }));
    const conversation = await ada.converse();
    const seen = await readUntil(ada.stream('POST', `/v1/conversations/${conversation}/messages`,
      { body: { text: 'Count for me.' } }), async (events) => {
      if (events.length === 20) await fleet.end((await writer()).name, 'SIGKILL');
      return false;
    });
    expect(seen.at(-1)).toMatchObject({ event: 'resume' });
    const runId = String(seen[0]!.data['runId']);
    const read = seen.slice(0, -1);
    await eventually(async () => expect((await ada.send<Run>('GET', `/v1/runs/${runId}`)).body).toMatchObject({ status: 'interrupted' }),
      { timeoutMs: 30_000 });
    const rest = await whole(ada, runId, read.at(-1)!.id);
    const log = await whole(ada, runId);
    // The reader was ahead of the table, by the last words that were not written any more.
    const last = read.at(-1)!.id;
    expect(rest).toEqual(log.filter(({ id }) => id > last));
    expect(read).toEqual(expect.arrayContaining(log.filter(({ id }) => id <= last)));
    expect(rest.at(-1)).toEqual(log.at(-1));
    expect(log.filter(({ event }) => ENDS.test(event)).map(({ event }) => event)).toEqual(['run.interrupted']);
    expect(WORDS.join('').startsWith(textOf(log))).toBe(true);
    model.always(textReply('Still here.'));
    expect((await ada.ask(conversation, 'Are you there?')).text).toBe('Still here.');
  }, 60_000);

  /** The pod that holds the stream open. */
  async function writer(): Promise<{ name: string; url: string }> {
    for (const pod of pods) {
      const metrics = await (await fetch(`${pod.url}/metrics`)).text();
      if (Number(/^atoll_http_open_streams(?:\{[^}]*\})? (\d+)/m.exec(metrics)?.[1]) > 0) return pod;
    }
    throw new Error('no pod has an open stream');
  }
});
