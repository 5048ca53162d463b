import { fork } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { AppError } from '#platform/core';
import type { EngineFacts, EngineSettings, FromEngine, ToEngine } from './channel.js';

/**
 * Room for Postgres' own limit on recursion (max_stack_depth) to answer with an error; the default 4 MB overflow first and end the engine.
 */
const STACK_MB = 32;

/**
 * V8's baseline compiler only. The optimizing one takes 600 MB for a moment to compile a single function of Postgres (its expression
 * interpreter), and twice the CPU time at start; what it gives is nothing for short statements and a factor of 1.7 to 2 for long
 * computations. The flag is the process's: of other WASM here (undici's HTTP parser) it costs half a microsecond a chunk.
 */
const SMALL = ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];

/** The worker thread that runs the engine: from the moment it is ready until it ended, which it tells exactly once. */
export class EngineThread {
  #ended = false;

  private constructor(
    private readonly worker: Worker,
    readonly facts: EngineFacts,
    receive: (message: FromEngine) => void,
    ended: (why: string) => void,
  ) {
    const end = (why: string): void => {
      if (!this.#ended) ended(why);
      this.#ended = true;
    };
    worker.on('message', (message: FromEngine) => (message.kind === 'failed' ? end(message.message) : receive(message)));
    worker.on('error', (error) => end(error.message));
    worker.on('exit', (code) => end(`its thread exited with code ${code}`));
  }

  static async start(settings: EngineSettings, receive: (message: FromEngine) => void,
    ended: (why: string) => void): Promise<EngineThread> {
    for (const flag of SMALL) setFlagsFromString(flag);
    const worker = new Worker(built('engine/worker.js'),
      { workerData: settings, name: 'embedded-postgres', resourceLimits: { stackSizeMb: STACK_MB } });
    return new Promise((resolve, reject) => {
      const refuse = (why: string): void => reject(notStarted(why));
      worker.once('error', (error) => refuse(error.message));
      worker.once('exit', (code) => refuse(`its thread exited with code ${code}`));
      worker.once('message', (message: FromEngine) => {
        if (message.kind === 'ready') resolve(new EngineThread(worker, message.facts, receive, ended));
        else if (message.kind === 'failed') refuse(message.message);
      });
    });
  }

  post(message: ToEngine, transfer: ArrayBuffer[] = []): void {
    if (!this.#ended) this.worker.postMessage(message, transfer);
  }

  /** A clean shutdown: checkpoint, then the end of the thread. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const exited = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.postMessage({ kind: 'end' } satisfies ToEngine);
    await exited;
  }
}

/** initdb into an empty directory, in a process of its own. */
export async function initializeCluster(clusterDir: string): Promise<void> {
  const child = fork(built('engine/initialize.js'), [clusterDir], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: SMALL });
  let said = '';
  child.stderr!.on('data', (text: Buffer) => (said += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw notStarted(`preparing ${clusterDir} failed with code ${code}: ${said.trim().split('\n').slice(-3).join(' ')}`);
}

function notStarted(why: string): AppError {
  return new AppError('unavailable', 'kernel.database-engine',
    `The embedded database did not start: ${why}. Free memory and disk space, and look at the data directory's owner; or set ` +
      `DATABASE_URL to use a Postgres server.`);
}

/**
 * A file beside the compiled code. Under jest this file is its TypeScript source; threads and processes know nothing of jest's transform
 * and run the build.
 */
export function built(name: string): URL {
  const here = import.meta.url;
  return new URL(`./${name}`, here.endsWith('.ts') ? here.replace('/libs/platform/', '/dist/libs/platform/') : here);
}
