import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Unreadable } from '../parse/unreadable.js';
import type { ParseAnswer, ParseOrder } from './child.js';
import type { PreparedDocument, PreparedPart } from './prepare.js';

const HERE = dirname(fileURLToPath(import.meta.url));
/** Under jest this file is the TypeScript source; a child process runs the compiled one. */
const COMPILED = HERE.includes(join('dist', 'libs')) ? HERE
  : HERE.replace(join('libs', 'search', 'src'), join('dist', 'libs', 'search', 'src'));
const ROOT = resolve(COMPILED, '../../../../..');
const RSS_EVERY_MS = 100;
/** Files after which a process has done its work, however small they were. */
const MOST_FILES = 2_000;

interface ProcessLimits {
  /** Seconds one file may take. */
  seconds: number;
  megabytes: number;
}

/** One parser process, killed as soon as a file takes it too long or too much memory. */
export class ParserProcess {
  private readonly child: ChildProcess;
  private heard: ((answer: ParseAnswer | Error) => void) | undefined;
  private spentMs = 0;
  private read = 0;

  constructor(private readonly limits: ProcessLimits) {
    this.child = start(limits);
    this.child.on('message', (answer) => this.heard?.(answer as ParseAnswer));
    this.child.on('error', (error) => this.heard?.(error));
    this.child.on('close', (code, signal) => this.heard?.(ended(code, signal, limits.seconds)));
  }

  /** A process that read many files, or worked hard, has done its work: its memory is used up and the kernel's clock runs. */
  get fresh(): boolean {
    return this.child.connected && this.read < MOST_FILES && this.spentMs < this.limits.seconds * 500;
  }

  /** One file at a time. */
  async ask(order: ParseOrder, signal: AbortSignal | undefined): Promise<PreparedDocument> {
    const started = performance.now();
    this.hold(true);
    const watch = setInterval(() => void this.watchMemory(), RSS_EVERY_MS);
    const timer = setTimeout(() => this.fail(tooSlow(this.limits.seconds)), this.limits.seconds * 1000);
    const aborted = (): void => this.fail(signal!.reason as Error);
    signal?.addEventListener('abort', aborted, { once: true });
    try {
      return await new Promise<PreparedDocument>((done, failed) => {
        const parts: PreparedPart[] = [];
        this.heard = (answer) => {
          if (answer instanceof Error) failed(answer);
          else if (answer.kind === 'part') parts.push(answer.part);
          else if (answer.kind === 'whole') done({ ...answer.whole, parts });
          else failed(new Unreadable(answer.reason, answer.message));
        };
        this.child.send(order, (error) => error && this.fail(crashed()));
      });
    } finally {
      this.heard = undefined;
      this.hold(false);
      clearInterval(watch);
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      this.read += 1;
      this.spentMs += performance.now() - started;
    }
  }

  /** An idle process is no reason for this one to stay. */
  private hold(working: boolean): void {
    this.child[working ? 'ref' : 'unref']();
    this.child.channel?.[working ? 'ref' : 'unref']();
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private fail(error: Error): void {
    this.kill();
    this.heard?.(error);
  }

  private async watchMemory(): Promise<void> {
    if ((await residentMegabytes(this.child.pid!)) > this.limits.megabytes) this.fail(tooMuchMemory());
  }
}

function start({ seconds, megabytes }: ProcessLimits): ChildProcess {
  const node = [process.execPath, ...confinement(megabytes), join(COMPILED, 'child.js')];
  const options = { cwd: ROOT, env: {}, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] as ('ignore' | 'ipc')[],
    serialization: 'advanced' as const };
  if (process.platform === 'win32') return spawn(node[0]!, node.slice(1), options);
  // The kernel's own limit on CPU time also holds when this process is gone and nobody is left to kill the child.
  return spawn('/bin/sh', ['-c', 'ulimit -t "$1"; ulimit -c 0; shift; exec "$@"', 'parser', String(seconds * 2 + 5), ...node], options);
}

/**
 * What a parser's process is started with: its heap's limit, no code made of strings, and nothing of the disk but the program itself to
 * read.
 */
export function confinement(megabytes: number): string[] {
  const flags = [`--max-old-space-size=${megabytes}`, '--no-warnings', '--disallow-code-generation-from-strings'];
  const readable = ['dist', 'node_modules', 'package.json'].map((path) => `--allow-fs-read=${join(ROOT, path)}`);
  return process.allowedNodeEnvironmentFlags.has('--permission') ? [...flags, '--permission', ...readable] : flags;
}

/** Memory a process holds, heap and buffers together; 0 where the system does not tell (the heap's own limit still holds). */
async function residentMegabytes(pid: number): Promise<number> {
  const pages = await readFile(`/proc/${pid}/statm`, 'utf8').then((text) => Number(text.split(' ')[1]), () => 0);
  return (pages * 4096) / 1_048_576;
}

function ended(code: number | null, signal: NodeJS.Signals | null, seconds: number): Unreadable {
  if (signal === 'SIGXCPU' || signal === 'SIGKILL') return tooSlow(seconds);
  return code === 134 || signal === 'SIGABRT' ? tooMuchMemory() : crashed();
}

function tooSlow(seconds: number): Unreadable {
  return new Unreadable('too-slow',
    `The file took longer than ${seconds} seconds to read and was given up on. Split it or simplify it, and upload it again.`);
}

function tooMuchMemory(): Unreadable {
  return new Unreadable('too-much-memory',
    'The file took too much memory to read and was given up on. Split it or simplify it, and upload it again.');
}

function crashed(): Unreadable {
  return new Unreadable('crashed',
    'The file could not be read: its parser gave up on it. Export it again, or in another format, and upload the new file.');
}
