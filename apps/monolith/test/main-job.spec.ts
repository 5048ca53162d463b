import { eventually } from '#platform/testing';
import { docx, html, markdown, pdf, text } from './documents.js';
import { register } from './sign-up.js';
import { type House, topologies } from './topology.js';
import { type Answer, User } from './user.js';

/** What each topology answered: by its name, then by question. */
const answered = new Map<string, Map<string, unknown>>();

describe.each(topologies)('the main job ($name)', ({ name, open }) => {
  let house: House;
  let url: string;
  let ada: User;
  let files: Record<'md' | 'txt' | 'html' | 'pdf' | 'docx', string>;

  beforeAll(async () => {
    house = await open();
    url = house.url;
    ada = await register(url, 'ada@harbour.example', 'Harbour');
    files = {
      md: await ada.upload('handbook.md', markdown),
      txt: await ada.upload('lighthouse.txt', text),
      html: await ada.upload('ferry.html', html),
      pdf: await ada.upload('customs.pdf', await pdf()),
      docx: await ada.upload('crane.docx', await docx()),
    };
  }, 240_000);

  afterAll(() => house?.close());

  /** Asks in the conversation, and keeps what came for the comparison: everything but ids and how the text was cut. */
  async function ask(conversationId: string, question: string, user = ada): Promise<Answer> {
    const answer = await user.ask(conversationId, question);
    const events = answer.events.map(({ event }) => event);
    const citations = answer.citations.map(({ documentName, heading, page, start, end, text }) =>
      ({ documentName, heading, page, start, end, text }));
    const own = answered.get(name) ?? answered.set(name, new Map()).get(name)!;
    own.set(`${user === ada ? 'ada' : 'bob'}: ${question}`,
      { text: answer.text, outcome: answer.outcome, citations, events: events.filter((event, at) => event !== events[at - 1]) });
    return answer;
  }

  it.each([
    ['md', 'How much does a berth cost per night?', /48 euros/,
      { documentName: 'handbook.md', heading: expect.stringContaining('Berths') as string }],
    ['txt', 'How often does the keeper change the lamp?', /400 days/, { documentName: 'lighthouse.txt' }],
    ['html', 'When does the night ferry to Gotland depart?', /23:15/, { documentName: 'ferry.html' }],
    ['pdf', 'What certificate do dogs need?', /rabies certificate/, { documentName: 'customs.pdf', page: 2 }],
    ['docx', 'How many tonnes can the yellow crane lift?', /35 tonnes/, { documentName: 'crane.docx', heading: 'Crane manual' }],
  ] as const)('answers from %s with a citation of the very characters', async (format, question, fact, citation) => {
    const answer = await ask(await ada.converse(), question);
    expect(answer.text).toMatch(fact);
    const cited = answer.citations.find(({ documentId }) => documentId === files[format]);
    expect(cited).toMatchObject(citation);
    const span = await ada.send<{ text: string }>('GET',
      `/v1/knowledge/files/${cited!.documentId}/text?start=${cited!.start}&end=${cited!.end}`);
    expect(span.body.text).toMatch(fact);
  });

  it('streams with growing ids and exactly one terminal event', async () => {
    const { events } = await ask(await ada.converse(), 'When does the harbour office open?');
    const ids = events.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(events[0]?.event).toBe('run.started');
    expect(events.filter(({ event }) => /^run\.(completed|failed|cancelled|interrupted)$/.test(event)).map(({ event }) => event))
      .toEqual(['run.completed']);
    expect(events.at(-1)?.event).toBe('run.completed');
    const said = events.filter(({ event }) => event === 'answer.delta').map(({ data }) => data['text']).join('');
    expect(said).toBe(events.at(-1)?.data['text']);
  });

  it('waits and answers as JSON where no stream is asked for', async () => {
    const { status, body } = await ada.send<{ message: { text: string; citations: unknown[] } }>('POST',
      `/v1/conversations/${await ada.converse()}/messages`, { text: 'When does the harbour office open?' });
    expect(status).toBe(200);
    expect(body.message.text).toMatch(/7 am/);
    expect(body.message.citations).not.toHaveLength(0);
  });

  it('understands a follow-up from the conversation', async () => {
    const conversation = await ada.converse();
    await ask(conversation, 'How much does a berth for a yacht cost?');
    const { text: answer } = await ask(conversation, 'Is electricity included?');
    expect(answer).toMatch(/Electricity is included/);
    const { body } = await ada.send<{ items: { role: string }[] }>('GET', `/v1/conversations/${conversation}/messages`);
    expect(body.items.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
  });

  it('knows in a new conversation what it was told to remember', async () => {
    await ask(await ada.converse(), 'Remember that my boat is called Seestern.');
    await eventually(async () => expect((await ada.send<{ items: { text: string }[] }>('GET',
      '/v1/memories')).body.items.map((fact) => fact.text)).toContain('My boat is called Seestern'), { timeoutMs: 10_000 });
    const { text: answer } = await ask(await ada.converse(), 'What is my boat called?');
    expect(answer).toMatch(/Seestern/);
  });

  it('says that it does not know what no document says', async () => {
    const answer = await ask(await ada.converse(), 'Who won the chess championship in 1985?');
    expect(answer.outcome).toBe('unknown');
    expect(answer.citations).toEqual([]);
  });

  it('replays exactly what a reader missed, and goes on when nobody reads', async () => {
    const seen: number[] = [];
    let runId = '';
    for await (const { id, event, data } of ada.stream('POST', `/v1/conversations/${await ada.converse()}/messages`,
      { body: { text: 'How much does a berth cost per night?' } })) {
      if (event === 'run.started') runId = data['runId'] as string;
      seen.push(id);
      if (seen.length === 3) break;
    }
    const all: number[] = [];
    for await (const { id } of ada.stream('GET', `/v1/runs/${runId}/events`)) all.push(id);
    const rest: number[] = [];
    for await (const { id } of ada.stream('GET', `/v1/runs/${runId}/events`, { headers: { 'last-event-id': String(seen.at(-1)) } }))
      rest.push(id);
    expect([...seen, ...rest]).toEqual(all);
    await eventually(async () => expect((await ada.send('GET', `/v1/runs/${runId}`)).body).toMatchObject({ status: 'completed' }));
  });

  it('meters each answer, and starts none that the budget does not cover', async () => {
    const eve = await register(url, 'eve@budget.example', 'Budget');
    await eve.ask(await eve.converse(), 'Anybody there?');
    await eventually(async () => expect((await eve.send('GET', '/v1/usage')).body).toMatchObject({ total: { runs: 1 } }),
      { timeoutMs: 10_000 });
    await eve.send('PUT', '/v1/budget', { monthlyLimit: 0, monthlyTokens: null });
    const conversation = await eve.converse();
    const refused = await eve.send('POST', `/v1/conversations/${conversation}/messages`, { text: 'And now?' });
    expect(refused).toMatchObject({ status: 402, body: { type: 'urn:atoll:problem:billing.budget-exhausted', status: 402 } });
    expect((await eve.send<{ items: unknown[] }>('GET', `/v1/conversations/${conversation}/messages`)).body.items).toEqual([]);
  });

  it('shows another tenant none of it', async () => {
    const bob = await register(url, 'bob@other.example', 'Other');
    const answer = await ask(await bob.converse(), 'How much does a berth cost per night?', bob);
    expect(answer.outcome).toBe('unknown');
    expect(JSON.stringify(answer.events)).not.toMatch(/48 euros|handbook/);
    expect((await bob.send('GET', `/v1/knowledge/files/${files.md}`)).status).toBe(404);
    expect((await bob.send('POST', '/v1/search', { query: 'berth' })).body).toMatchObject({ passages: [] });
  });

  it('describes every route', async () => {
    const { status, body } = await new User(url).send<{ paths: Record<string, Record<string, { 'x-permissions'?: string[] }>> }>('GET',
      '/openapi.json');
    expect(status).toBe(200);
    const routes = Object.entries(body.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => `${method} ${path} ${operation['x-permissions']?.join(' ') ?? ''}`));
    expect(routes).toContain('post /v1/search search.passages.read');
    answered.get(name)!.set('routes', routes.sort());
  });

  it('counts it all in the overview', async () => {
    await eventually(async () => {
      const { body } = await ada.send<Record<string, unknown>>('GET', '/v1/analytics/overview');
      expect(JSON.stringify(body)).toMatch(/handbook\.md/);
    }, { timeoutMs: 15_000 });
  });
});

describe('the main job', () => {
  it('ends alike whatever Atoll consists of', () => {
    const [[, first], ...others] = [...answered] as [[string, Map<string, unknown>], ...[string, Map<string, unknown>][]];
    expect(first.size).toBeGreaterThan(8);
    for (const [, other] of others) expect(Object.fromEntries(other)).toEqual(Object.fromEntries(first));
  });
});
