import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, ModelServer, repoRoot, type TestDatabase, testDatabase, textReply } from '#platform/testing';
import { RunningProcess } from '../running-process.js';
import { User } from '../user.js';
import { wirings } from './full-tenant.js';

/** What an operator types beside a running Atoll, as they type it. */
describe('commands on whole tenants', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-commands-'));
  let database: TestDatabase;
  let model: ModelServer;
  let atoll: RunningProcess;
  let env: Record<string, string>;
  let owner: User;
  let tenantId: string;

  beforeAll(async () => {
    model = await ModelServer.start();
    database = await testDatabase({ engine: 'postgres', owners: await wirings() });
    env = {
      ATOLL_DATA_DIR: folder, ATOLL_SECRET: 'fL7mQ2xV9bKd4TzR8nW3cY6gH1pJ5sAe', DATABASE_URL: database.url!, NODE_ENV: 'production',
      ATOLL_EMAIL_VERIFICATION: 'off', ATOLL_LOG_LEVEL: 'warn',
      OPENAI_API_KEY: 'k', OPENAI_BASE_URL: model.url, ATOLL_CHAT_MODEL: 'scripted-model', ATOLL_EMBEDDING_MODEL: 'offline',
    };
    // What a command publishes is found by the sweep of the process that runs the handlers.
    atoll = await RunningProcess.start({ ...env, ATOLL_POLL_SECONDS: '1' });
    const { body } = await new User(atoll.url).send<{ accessToken: string; tenant: { id: string } }>('POST', '/v1/auth/register',
      { tenantName: 'Riff', name: 'Ada', email: 'ada@riff.example', password: 'correct horse battery' });
    owner = new User(atoll.url, body.accessToken);
    tenantId = body.tenant.id;
  }, 120_000);
  afterAll(async () => {
    await atoll?.end('SIGKILL');
    await model?.stop();
    await database?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function command(...args: string[]): Promise<{ code: number | null; printed: string }> {
    const child = spawn(process.execPath, [join(repoRoot(), 'dist/apps/monolith/src/cli.js'), ...args],
      { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    for (const out of [child.stdout, child.stderr]) out.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    return new Promise((resolve) => child.once('exit', (code) => resolve({ code, printed })));
  }

  it('suspending ends the open streams within 10 seconds, resuming lets them in again', async () => {
    model.always(textReply(Array.from({ length: 900 }, (_, at) => `w${at} `),
      { delayMs: 100, usage: { inputTokens: 1, outputTokens: 1 } }));
    const conversation = await owner.converse();
    const events: string[] = [];
    const reading = (async () => {
      for await (const { event } of owner.stream('POST', `/v1/conversations/${conversation}/messages`, { body: { text: 'Count for me.' } }))
        events.push(event);
    })().catch(() => undefined).then(() => Date.now());
    await eventually(() => expect(events).toContain('answer.delta'));
    const { code, printed } = await command('tenant', 'suspend', '--tenant', tenantId, '--reason', 'invoice 12 is unpaid');
    const suspended = Date.now();
    expect([code, printed]).toEqual([0, expect.stringContaining('suspended')]);
    expect((await reading) - suspended).toBeLessThan(10_000);
    expect(events).not.toContain('run.completed');
    expect((await owner.send('GET', '/v1/me')).status).toBe(401);
    model.always(textReply(['Yes.'], { usage: { inputTokens: 1, outputTokens: 1 } }));
    expect((await command('tenant', 'resume', '--tenant', tenantId)).code).toBe(0);
    await eventually(async () => expect((await owner.send('GET', '/v1/me')).status).toBe(200));
    expect((await owner.ask(await owner.converse(), 'Are you there?')).text).toContain('Yes');
  }, 60_000);

  it('a tenant is exported to a file, cloned from it, and the clone is deleted with its report', async () => {
    const file = join(folder, 'riff.tar');
    const { body: fact } = await owner.send<{ id: string }>('POST', '/v1/memories', { text: 'The spare key hangs behind the barometer.' });
    expect(fact.id).toBeDefined();
    const exported = await command('tenant', 'export', '--tenant', tenantId, '--to', file);
    expect([exported.code, exported.printed]).toEqual([0, expect.stringContaining(`${statSync(file).size} bytes`)]);
    expect(exported.printed).toContain((await command('tenant', 'archive-key')).printed.trim());
    expect(await command('tenant', 'export', '--tenant', tenantId, '--to', file))
      .toMatchObject({ code: 1, printed: expect.stringContaining('exists already') });
    expect(await command('tenant', 'import', file)).toMatchObject({ code: 1, printed: expect.stringContaining('--clone') });
    const cloned = await command('tenant', 'import', file, '--clone');
    expect([cloned.code, cloned.printed]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}  imported/m)]);
    const clone = /^([0-9a-f-]{36})  imported/m.exec(cloned.printed)![1]!;
    const deleted = await command('tenant', 'delete', '--tenant', clone, '--now');
    expect([deleted.code, deleted.printed]).toEqual([0, expect.stringMatching(/memory\.fact +1 -> 0/)]);
    expect(deleted.printed).not.toMatch(/-> [1-9]/);
    expect((await owner.send('GET', '/v1/memories')).status).toBe(200);
    expect(await command('tenant', 'keep', '--tenant', clone))
      .toMatchObject({ code: 1, printed: expect.stringContaining('nothing to take back') });
  }, 90_000);
});
