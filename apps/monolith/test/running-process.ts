import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { eventually, repoRoot } from '#platform/testing';
import type { Credentials } from '../src/demo.js';
import { User } from './user.js';

/** The built monolith as a process of its own, to be killed and started again on what it left behind. */
export class RunningProcess {
  private child?: ChildProcess;

  private constructor(private readonly env: NodeJS.ProcessEnv, readonly url: string) {}

  static async start(env: Record<string, string>): Promise<RunningProcess> {
    const port = await freePort();
    const process_ = new RunningProcess({ PATH: process.env.PATH, PORT: String(port), ATOLL_LOG_LEVEL: 'warn', ...env },
      `http://127.0.0.1:${port}`);
    await process_.start();
    return process_;
  }

  /** The demo tenant's owner. */
  owner(): User {
    const { apiKey } = JSON.parse(readFileSync(join(this.env.ATOLL_DATA_DIR!, 'credentials.json'), 'utf8')) as Credentials;
    return new User(this.url, apiKey);
  }

  /** Resolves once the documentation can be asked about. */
  async documented(): Promise<void> {
    const read = async () =>
      (await new User(this.url).send<{ checks: { demo: { reading: boolean } } }>('GET', '/health/ready')).body.checks.demo;
    await eventually(async () => expect(await read()).toMatchObject({ reading: false }), { timeoutMs: 60_000, everyMs: 100 });
  }

  get running(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(repoRoot(), 'dist/apps/monolith/src/main.js')],
      { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    let printed = '';
    for (const out of [child.stdout, child.stderr]) out.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', () => /is up at/.test(printed) && resolve());
      child.once('exit', (code) => reject(new Error(`ended with ${code}:\n${printed}`)));
    });
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
