import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { newId } from '#platform/core';
import { engines, eventually, proof, testDatabase } from '#platform/testing';
import { contexts } from '../../contexts.js';
import { RunningProcess } from './running-process.js';
import { register } from './sign-up.js';
import type { User } from './user.js';

/** A POST that makes one thing of a fresh name, and how many of that name there are. */
interface Kind {
  path: string;
  body(name: string): object;
  list: string;
  of(name: string): (item: Record<string, unknown>) => boolean;
}

const KINDS: Kind[] = [
  { path: '/v1/conversations',
    list: '/v1/conversations?limit=100', body: (title) => ({ title }), of: (name) => ({ title }) => title === name },
  { path: '/v1/teams', list: '/v1/teams?limit=100', body: (name) => ({ name }), of: (wanted) => ({ name }) => name === wanted },
  { path: '/v1/memories', list: '/v1/memories?limit=100', body: (name) => ({ text: `Boat ${name} lies in the harbour.` }),
    of: (name) => ({ text }) => String(text).includes(name) },
  { path: '/v1/knowledge/faqs',
    list: '/v1/knowledge/faqs?limit=100', body: (name) => ({ question: `Who is ${name}?`, answer: 'Somebody.' }),
    of: (name) => ({ question }) => String(question).includes(name) },
  { path: '/v1/agents', list: '/v1/agents', body: (name) => ({ name }), of: (wanted) => ({ name }) => name === wanted },
];

interface Sent {
  kind: Kind;
  name: string;
  key: string;
}

describe.each(engines)('POSTs whose process is killed under them, on %s', (engine) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'atoll-killed-posts-'));
  let atoll: RunningProcess;
  let owner: User;
  let database: Awaited<ReturnType<typeof testDatabase>> | undefined;

  beforeAll(async () => {
    if (engine === 'postgres')
      database = await testDatabase({ engine, owners: await Promise.all(contexts.map(async ({ load }) => (await load()).context)) });
    atoll = await RunningProcess.start({ NODE_ENV: 'production', ATOLL_EMAIL_VERIFICATION: 'off', ATOLL_DATA_DIR: dataDir,
      ATOLL_SECRET: 'fL7mQ2xV9bKd4TzR8nW3cY6gH1pJ5sAe', ATOLL_RATE_PER_MINUTE: '0', ATOLL_RUN_LEASE_SECONDS: '5',
      ...(database?.url && { DATABASE_URL: database.url }) });
    owner = await register(atoll.url, 'ada@harbour.example', 'Harbour');
  }, 120_000);
  afterAll(async () => {
    await atoll?.end('SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
    await database?.close();
  });

  const post = ({ kind, name, key }: Sent) =>
    owner.send('POST', kind.path, kind.body(name), { 'idempotency-key': key });

  /** Repeated as a client does that heard nothing: until it is told what became of it. */
  async function answered(sent: Sent): Promise<number> {
    return eventually(async () => {
      const { status } = await post(sent);
      if (status === 409 || status === 503) throw new Error(`${sent.kind.path}: ${status}`);
      return status;
    }, { timeoutMs: 40_000, everyMs: 500 });
  }

  it('are repeated under their keys and have made everything exactly once', async () => {
    for (let round = 0; round < proof(2, 15); round++) {
      const conversationId = await owner.converse();
      const sent = Array.from({ length: proof(24, 60) },
        (_, at): Sent => ({ kind: KINDS[at % KINDS.length]!, name: newId(), key: newId() }));
      const question = { path: `/v1/conversations/${conversationId}/messages`, key: newId(), text: `What is ${newId()}?` };
      const ask = () => owner.send('POST', question.path, { text: question.text }, { 'idempotency-key': question.key });
      const first = Promise.allSettled([...sent.map(post), ask()]);
      await pause(10 + Math.random() * 150);
      await atoll.end('SIGKILL');
      await first;
      await atoll.start();
      expect(new Set(await Promise.all(sent.map(answered)))).toEqual(new Set([201]));
      for (const { kind, name } of sent) {
        const { items } = (await owner.send<{ items: Record<string, unknown>[] }>('GET', kind.list)).body;
        expect({ path: kind.path, times: items.filter(kind.of(name)).length }).toEqual({ path: kind.path, times: 1 });
      }
      await eventually(async () => expect((await ask()).status).toBe(200), { timeoutMs: 40_000, everyMs: 500 });
      const { items } = (await owner.send<{ items: { role: string; text: string }[] }>('GET', question.path)).body;
      expect(items.filter(({ text }) => text === question.text)).toHaveLength(1);
      expect(items.map(({ role }) => role)).toEqual(['user', 'assistant']);
      await eventually(async () => expect((await owner.send('GET', '/v1/budget')).body).toMatchObject({ held: 0, heldTokens: 0 }),
        { timeoutMs: 30_000, everyMs: 250 });
    }
  }, proof(240_000, 1_800_000));
});
