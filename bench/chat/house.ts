import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A process of its own, and what it costs. */
export class Subject {
  constructor(readonly url: string, readonly child: ChildProcess) {}

  /** CPU time so far, in microseconds. */
  cpuMicros(): number {
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  }

  residentBytes(): number {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))![1]) * 1024;
  }
}

export async function startProxy(upstream: string): Promise<Subject> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'proxy.main.js'), upstream], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return new Subject((JSON.parse(line.toString()) as { url: string }).url, child);
}

/** The built monolith on an empty data folder (or on a database), its agent in front of the scripted model. */
export class AtollHouse extends Subject {
  private constructor(url: string, child: ChildProcess, readonly key: string, private readonly dataDir: string) {
    super(url, child);
  }

  static async start(model: string, databaseUrl?: string): Promise<AtollHouse> {
    const dataDir = mkdtempSync(join(tmpdir(), 'atoll-bench-chat-'));
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const env = {
      PATH: process.env['PATH'], PORT: String(port), ATOLL_DATA_DIR: dataDir, ATOLL_LOG_LEVEL: 'error', ATOLL_STRICT_CALLS: 'false',
      ATOLL_RATE_PER_MINUTE: '0', ATOLL_MONTHLY_BUDGET: '1000000000', ATOLL_MAX_OPEN_RUNS: '100000',
      OPENAI_API_KEY: 'k', OPENAI_BASE_URL: model, ATOLL_CHAT_MODEL: 'scripted-model', ATOLL_EMBEDDING_MODEL: 'offline',
      ATOLL_MODEL_SILENCE_SECONDS: '600',
      ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    };
    const child = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'apps/monolith/src/main.js')],
      { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const file = join(dataDir, 'credentials.json');
    for (let waited = 0; ; waited++) {
      if (child.exitCode !== null || waited > 1_200) throw new Error('the monolith did not start');
      if (existsSync(file) && (await documentationRead(url))) break;
      await pause(100);
    }
    await pause(2_000);
    return new AtollHouse(url, child, (JSON.parse(readFileSync(file, 'utf8')) as { apiKey: string }).apiKey, dataDir);
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const response = await fetch(`${this.url}${path}`,
      { method: 'POST', headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async converse(agentId?: string): Promise<string> {
    return (await this.post<{ id: string }>('/v1/conversations', agentId === undefined ? {} : { agentId })).id;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit').catch(() => undefined);
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** Until then it indexes its own documentation, which a measurement should not meet. */
async function documentationRead(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`).catch(() => undefined);
  return response?.ok === true && !((await response.json()) as { checks: { demo: { reading: boolean } } }).checks.demo.reading;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });

/** One streamed answer; `marks` are the milliseconds until each text was first seen, in order, and `end` until the last byte. */
export function stream(url: string, body: unknown, headers: Record<string, string>,
  marks: string[]): Promise<{ marks: number[]; end: number; frames: number }> {
  const started = performance.now();
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', agent,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), accept: 'text/event-stream',
        ...headers } }, (answer: IncomingMessage) => {
      const seen: number[] = [];
      let frames = 0;
      answer.on('data', (chunk: Buffer) => {
        while (seen.length < marks.length && chunk.includes(marks[seen.length]!)) seen.push(performance.now() - started);
        for (let at = chunk.indexOf('\n\n'); at >= 0; at = chunk.indexOf('\n\n', at + 2)) frames++;
      });
      answer.on('end', () => (answer.statusCode === 200 && seen.length === marks.length
        ? resolve({ marks: seen, end: performance.now() - started, frames }) : reject(new Error(`${url}: ${answer.statusCode}`))));
    });
    call.on('error', reject);
    call.end(text);
  });
}

export interface Readers {
  child: ChildProcess;
  record(): void;
  gaps(): Promise<{ gaps: number[]; arrivals: number }>;
}

export async function openReaders(house: AtollHouse, paths: string[], atOnce: number, body?: string): Promise<Readers> {
  const child = fork(join(import.meta.dirname, 'readers.main.js'), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');
  const opened = once(child, 'message');
  child.send({ port: Number(new URL(house.url).port), key: house.key, paths, body, atOnce });
  await opened;
  return {
    child,
    record: () => void child.send('record'),
    gaps: async () => {
      const answer = once(child, 'message');
      child.send('gaps');
      return ((await answer) as [{ gaps: number[]; arrivals: number }])[0];
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
