import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run } from '#agent';
import { engines, eventually, ModelServer, proof, testDatabase, textReply } from '#platform/testing';
import type { Message } from '#memory';
import { contexts } from '../../contexts.js';
import { register } from './sign-up.js';
import { ENDS, readUntil, textOf, whole, WORDS } from './read-run.js';
import { RunningProcess } from './running-process.js';
import type { StreamedEvent, User } from './user.js';

async function runsCounted(user: User): Promise<number> {
  const { body } = await user.send<{ total: { runs: number } }>('GET', '/v1/usage');
  return body.total.runs;
}

describe.each(engines)('an answer whose process dies, on %s', (engine) => {
  const dataDirs: string[] = [];
  const processes: RunningProcess[] = [];
  let model: ModelServer;
  let owner: User;
  let database: Awaited<ReturnType<typeof testDatabase>> | undefined;

  async function startProcess(): Promise<RunningProcess> {
    const dataDir = mkdtempSync(join(tmpdir(), 'atoll-killed-run-'));
    dataDirs.push(dataDir);
    const started = await RunningProcess.start({
      NODE_ENV: 'production', ATOLL_EMAIL_VERIFICATION: 'off', ATOLL_DATA_DIR: dataDir,
      ATOLL_SECRET: 'fL7mQ2xV9bKd4TzR8nW3cY6gH1pJ5sAe', ATOLL_RUN_LEASE_SECONDS: '5', ATOLL_DRAIN_SECONDS: '1',
      OPENAI_API_KEY: 'k', OPENAI_BASE_URL: model.url, ATOLL_CHAT_MODEL: 'scripted-model', ATOLL_EMBEDDING_MODEL: 'offline',
      ...(database?.url && { DATABASE_URL: database.url }),
    });
    processes.push(started);
    return started;
  }

  beforeAll(async () => {
    model = await ModelServer.start();
    if (engine === 'postgres')
      database = await testDatabase({ engine, owners: await Promise.all(contexts.map(async ({ load }) => (await load()).context)) });
    owner = await register((await startProcess()).url, 'ada@harbour.example', 'Harbour');
  }, 120_000);

  afterAll(async () => {
    await Promise.all(processes.map((one) => one.end('SIGKILL')));
    for (const dataDir of dataDirs) rmSync(dataDir, { recursive: true, force: true });
    await database?.close();
    await model.stop();
  });

  it('keeps the question and the partial answer, marked, and is counted once', async () => {
    const atoll = processes[0]!;
    for (let round = 0; round < proof(1, 15); round++) {
      const before = await eventually(() => runsCounted(owner));
      model.always(textReply(WORDS, { delayMs: 10, usage: { inputTokens: 10, outputTokens: 400 } }));
      const conversationId = await owner.converse();
      const deltas = 5 + Math.floor(Math.random() * 60);
      const seen = await readUntil(owner.stream('POST', `/v1/conversations/${conversationId}/messages`,
        { body: { text: 'Count for me.' } }), async (events) => {
        if (events.length < deltas) return false;
        await atoll.end('SIGKILL');
        return true;
      });
      const runId = String(seen[0]!.data['runId']);
      await atoll.start();

      await eventually(async () => expect((await owner.send<Run>('GET', `/v1/runs/${runId}`)).body)
        .toMatchObject({ status: 'interrupted', outcome: 'interrupted' }), { timeoutMs: 30_000 });
      const { items } = (await owner.send<{ items: Message[] }>('GET', `/v1/conversations/${conversationId}/messages`)).body;
      expect(items.map(({ role, status, text }) =>
        ({ role, status, isPrefix: WORDS.join('').startsWith(text) || text === 'Count for me.' }))).toEqual([
        { role: 'user', status: 'complete', isPrefix: true },
        { role: 'assistant', status: 'interrupted', isPrefix: true },
      ]);
      const log = await whole(owner, runId);
      expect(textOf(log)).toBe(items[1]!.text);
      expect(log.filter(({ event }) => ENDS.test(event))).toHaveLength(1);
      expect(log.at(-1)!.event).toBe('run.interrupted');
      const missed = await whole(owner, runId, seen.at(-1)!.id);
      expect(missed.at(-1)).toEqual(log.at(-1));
      expect(missed).toEqual(log.filter(({ id }) => id > seen.at(-1)!.id));

      await eventually(async () => expect(await runsCounted(owner)).toBe(before + 1), { timeoutMs: 30_000 });
      model.always(textReply('Still here.'));
      expect((await owner.ask(conversationId, 'Are you there?')).text).toBe('Still here.');
      await eventually(async () => expect(await runsCounted(owner)).toBe(before + 2), { timeoutMs: 30_000 });
    }
  }, 300_000);

  it('is drained on SIGTERM: the reader is told to come back, and finds the answer ended', async () => {
    const atoll = processes[0]!;
    model.always(textReply(WORDS, { delayMs: 50 }));
    const conversationId = await owner.converse();
    const seen = await readUntil(owner.stream('POST', `/v1/conversations/${conversationId}/messages`,
      { body: { text: 'Count for me.' } }), (events) => {
      if (events.length === 10) void atoll.end('SIGTERM');
      return false;
    });
    expect(seen.at(-1)).toMatchObject({ event: 'resume', data: { reason: 'draining' } });
    await eventually(() => expect(atoll.running).toBe(false), { timeoutMs: 15_000 });
    await atoll.start();
    const last = seen.at(-2)!.id;
    const rest = await whole(owner, String(seen[0]!.data['runId']), last);
    expect(rest[0]!.id).toBe(last + 1);
    expect(rest.at(-1)).toMatchObject({ event: 'run.interrupted', data: { text: textOf(seen) + textOf(rest) } });
  }, 60_000);

  if (engine === 'postgres') {
    it('is read, stopped and ended by another process that shares the database', async () => {
      const first = processes[0]!;
      const second = await startProcess();
      const there = owner.at(second.url);
      model.always(textReply(WORDS, { delayMs: 20 }));

      const conversationId = await owner.converse();
      const stream = owner.stream('POST', `/v1/conversations/${conversationId}/messages`, { body: { text: 'Count for me.' } });
      const started = (await stream.next()).value as StreamedEvent;
      const runId = String(started.data['runId']);
      const [mine, theirs] = await Promise.all([
        readUntil(stream, () => false),
        readUntil(there.stream('GET', `/v1/runs/${runId}/events`), async (events) => {
          if (events.length === 20) expect((await there.send('POST', `/v1/runs/${runId}/cancel`)).status).toBe(200);
          return false;
        }),
      ]);
      expect(theirs).toEqual([started, ...mine]);
      expect(theirs.at(-1)!.event).toBe('run.cancelled');

      const again = owner.stream('POST', `/v1/conversations/${conversationId}/messages`, { body: { text: 'Once more.' } });
      const killed = await readUntil(again, async (events) => {
        if (events.length < 20) return false;
        await first.end('SIGKILL');
        return true;
      });
      const rest = await whole(there, String(killed[0]!.data['runId']), killed.at(-1)!.id);
      expect(rest.at(-1)!.event).toBe('run.interrupted');
      await eventually(async () => expect((await there.ask(conversationId, 'Are you there?')).outcome).toBeDefined());
    }, 120_000);
  }
});
