import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { engines, eventually } from '#platform/testing';
import { markdown, text } from './documents.js';
import { contextNames, Fleet, freePorts } from './fleet.js';
import { register } from './sign-up.js';
import type { User } from './user.js';

const QUESTIONS = [
  ['How much does a berth cost per night?', /48 euros/],
  ['When does the harbour office open?', /7 am/],
  ['How often does the keeper change the lamp?', /400 days/],
] as const;

/** Between taking a process out of the front and ending it: what a load balancer needs to notice. */
const NOTICE_MS = 500;

/** What the load was told, in the order it was told. */
interface Told {
  asked: { question: string; conversationId: string; text: string; citations: string[] }[];
  searched: { query: string; passages: string }[];
  uploaded: { id: string; word: string }[];
  faqs: { key: string; id: string; question: string }[];
  problems: string[];
}

// The same people, the same stream of requests, while search leaves the monolith for a pod of its own and comes back.
(engines.includes('postgres') ? describe : describe.skip)('search, moved out and back under load', () => {
  let fleet: Fleet;
  let front: string;
  let ada: User;
  let bob: User;
  let stop = false;
  let load: Promise<void>[];
  const told: Told = { asked: [], searched: [], uploaded: [], faqs: [], problems: [] };
  const inPod = { answers: 0 };

  const here = (user: User): User => user.at(front);
  const url = (port: number): string => `http://127.0.0.1:${port}`;

  beforeAll(async () => {
    fleet = await Fleet.open();
    const [whole, pod, rest, wholeAgain] = await freePorts(4);
    await fleet.start({ name: 'whole', port: whole!, env: {} });
    front = url(whole!);
    [ada, bob] = [await register(front, 'ada@harbour.example', 'Harbour'), await register(front, 'bob@yard.example', 'Yard')];
    await ada.upload('handbook.md', markdown);
    await ada.upload('lighthouse.txt', text);
    load = [asking(0), asking(1), searching(), uploading(), keeping()];
    await served(3);

    // Out: the pod first, then everything else without search, then the whole one goes.
    await fleet.start({ name: 'pod', port: pod!, env: { ATOLL_CONTEXTS: 'search' } });
    await fleet.start({ name: 'rest', port: rest!,
      env: { ATOLL_CONTEXTS: contextNames.filter((name) => name !== 'search').join(','), ATOLL_URL_SEARCH: url(pod!) } });
    await replace('whole', url(rest!));
    await served(6);
    inPod.answers = await answersOf(url(pod!));

    // Back: the whole one first.
    await fleet.start({ name: 'whole again', port: wholeAgain!, env: {} });
    await replace('rest', url(wholeAgain!));
    expect(await fleet.end('pod')).toBe(0);
    await served(3);
    stop = true;
    await Promise.all(load);
  }, 300_000);

  afterAll(async () => {
    stop = true;
    await Promise.allSettled(load ?? []);
    await fleet?.close();
  });

  async function replace(old: string, next: string): Promise<void> {
    front = next;
    await pause(NOTICE_MS);
    expect(await fleet.end(old)).toBe(0);
  }

  /** Every kind of request was answered this often more. */
  async function served(more: number): Promise<void> {
    const lists = [told.asked, told.searched, told.uploaded, told.faqs];
    const goals = lists.map((list) => list.length + more);
    await eventually(() => expect([told.problems, lists.every((list, at) => list.length >= goals[at]!)]).toEqual([[], true]),
      { timeoutMs: 60_000, everyMs: 50 });
  }

  /** One after the other until the load ends; whatever is refused or fails is a finding. */
  async function repeat(what: string, once: (round: number) => Promise<void>): Promise<void> {
    for (let round = 0; !stop; round++) {
      await once(round).catch((error: unknown) =>
        told.problems.push(`${what}, round ${round}: ${error instanceof Error ? error.message : String(error)}`));
      await pause(60);
    }
  }

  function asking(offset: number): Promise<void> {
    return repeat('ask', async (round) => {
      const [question] = QUESTIONS[(round + offset) % QUESTIONS.length]!;
      const user = here(ada);
      const conversationId = await user.converse();
      const { text: said, citations, events } = await user.ask(conversationId, question);
      expect(events.at(-1)!.event).toBe('run.completed');
      told.asked.push({ question, conversationId, text: said,
        citations: citations.map(({ documentName, start, end }) => `${documentName} ${start}-${end}`) });
    });
  }

  function searching(): Promise<void> {
    return repeat('search', async (round) => {
      const [query] = QUESTIONS[round % QUESTIONS.length]!;
      const { status, body } = await here(ada).send<{ passages: { text: string; score: number }[] }>('POST', '/v1/search', { query });
      expect(status).toBe(200);
      told.searched.push({ query, passages: JSON.stringify(body.passages.map(({ text: passage }) => passage)) });
    });
  }

  function uploading(): Promise<void> {
    return repeat('upload', async (round) => {
      const word = `zq${randomUUID().slice(0, 8)}`;
      const form = new FormData();
      form.append('file', new Blob([`# Note ${round}\n\nThe password of boat ${round} is ${word}.\n`]), `note-${round}.md`);
      const { status, body } = await here(bob).send<{ id: string }>('POST', '/v1/knowledge/files', form);
      expect(status).toBe(202);
      told.uploaded.push({ id: body.id, word });
    });
  }

  /** Each is sent twice under its key, the second time wherever the front is by then. */
  function keeping(): Promise<void> {
    return repeat('faq', async (round) => {
      const key = randomUUID();
      const question = `What is rule ${round} of the yard?`;
      const send = () => here(bob).send<{ id: string }>('POST', '/v1/knowledge/faqs', { question, answer: `Rule ${round} is quiet.` },
        { 'idempotency-key': key });
      const first = await send();
      expect(first.status).toBe(201);
      await pause(100);
      const second = await send();
      expect([second.status, second.body.id, second.headers.get('idempotency-replayed')]).toEqual([201, first.body.id, 'true']);
      told.faqs.push({ key, id: first.body.id, question });
    });
  }

  async function answersOf(pod: string): Promise<number> {
    const scrape = await (await fetch(`${pod}/metrics`)).text();
    return [...scrape.matchAll(
      /^atoll_http_requests_total\{method="POST",route="\/v1\/(?:search|knowledge\/[a-z]+)",status="2xx"\} (\d+)/gm)].reduce(
      (sum, [, count]) => sum + Number(count), 0);
  }

  async function all<T>(user: User, path: string): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | null = null;
    do {
      const { body }: { body: { items: T[]; nextCursor: string | null } } = await user.send('GET',
        `${path}?limit=100${cursor === null ? '' : `&cursor=${cursor}`}`);
      items.push(...body.items);
      cursor = body.nextCursor;
    } while (cursor !== null);
    return items;
  }

  it('loses no request, and the pod served its share', () => {
    expect(told.problems).toEqual([]);
    expect(inPod.answers).toBeGreaterThanOrEqual(6);
  });

  it('answers the same all the time', () => {
    for (const [question, fact] of QUESTIONS) {
      const answers = told.asked.filter((one) => one.question === question).map(({ text: said, citations }) => ({ said, citations }));
      expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
      expect(answers[0]!.said).toMatch(fact);
      expect(new Set(told.searched.filter(({ query }) => query === question).map(({ passages }) => passages)).size).toBe(1);
    }
  });

  it('has indexed every accepted file once', async () => {
    const user = here(bob);
    const files = await eventually(async () => {
      const found = await all<{ id: string; state: string }>(user, '/v1/knowledge/files');
      expect(found.filter(({ state }) => state !== 'ready')).toEqual([]);
      return found;
    }, { timeoutMs: 60_000, everyMs: 200 });
    expect(files.map(({ id }) => id).sort()).toEqual(told.uploaded.map(({ id }) => id).sort());
    for (const { id, word } of told.uploaded) {
      const { body } = await user.send<{ passages: { documentId: string; text: string }[] }>('POST', '/v1/search', { query: word });
      expect(body.passages.filter((passage) => passage.text.includes(word)).map(({ documentId }) => documentId)).toEqual([id]);
    }
  }, 90_000);

  it('has done once what was sent twice under one key', async () => {
    const faqs = await all<{ id: string }>(here(bob), '/v1/knowledge/faqs');
    expect(faqs.map(({ id }) => id).sort()).toEqual(told.faqs.map(({ id }) => id).sort());
  });

  it('keeps and meters every answer once', async () => {
    const user = here(ada);
    for (const { conversationId } of told.asked) {
      const { body } = await user.send<{ items: { role: string }[] }>('GET', `/v1/conversations/${conversationId}/messages`);
      expect(body.items.map(({ role }) => role)).toEqual(['user', 'assistant']);
    }
    await eventually(async () => expect((await user.send('GET', '/v1/usage')).body).toMatchObject({ total: { runs: told.asked.length } }),
      { timeoutMs: 30_000 });
  });
});
