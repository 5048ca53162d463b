import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';
import { SearchConfig } from '../search.config.js';
import type { ParseAnswer, ParseOrder } from './child.js';
import type { Format } from './parse.js';
import type { ParsedDocument } from './parsed-document.js';
import { Unreadable } from './unreadable.js';

const HERE = dirname(fileURLToPath(import.meta.url));
/** Under jest this file is the TypeScript source; a child process runs the compiled one. */
const COMPILED = HERE.includes(`${join('dist', 'libs')}`) ? HERE : HERE.replace(join('libs', 'search', 'src'), join('dist', 'libs', 'search', 'src'));
const ROOT = resolve(COMPILED, '../../../../..');
const RSS_EVERY_MS = 100;

/**
 * Parses files in child processes that can be killed: one file each, so that nothing of one tenant's file can reach another's. A child has
 * an empty environment, may read the program's own files and nothing else, and is ended when it takes too long or too much memory.
 */
@Injectable()
export class Parser {
  constructor(private readonly config: SearchConfig) {}

  async parse(format: Format, bytes: Uint8Array, signal?: AbortSignal): Promise<ParsedDocument> {
    signal?.throwIfAborted();
    const answer = await this.ask({ format, bytes, limits: { maxCharacters: this.config.maxCharacters, maxPages: this.config.maxPages } }, signal);
    if (!answer.ok) throw new Unreadable(answer.reason, answer.message);
    return answer.parsed;
  }

  private ask(order: ParseOrder, signal: AbortSignal | undefined): Promise<ParseAnswer> {
    const child = this.start();
    return new Promise<ParseAnswer>((done, failed) => {
      const stop = (error: Error): void => {
        child.kill('SIGKILL');
        failed(error);
      };
      const timer = setTimeout(() => stop(tooSlow(this.config.parseSeconds)), this.config.parseSeconds * 1000);
      const watch = setInterval(() => void residentMegabytes(child.pid!).then((megabytes) => megabytes > this.config.parseMegabytes && stop(tooMuchMemory())), RSS_EVERY_MS);
      const aborted = (): void => stop(signal!.reason as Error);
      signal?.addEventListener('abort', aborted, { once: true });
      child.once('message', (answer) => done(answer as ParseAnswer));
      child.once('error', failed);
      child.once('close', (code, killed) => {
        clearTimeout(timer);
        clearInterval(watch);
        signal?.removeEventListener('abort', aborted);
        failed(killed === 'SIGXCPU' || killed === 'SIGKILL' ? tooSlow(this.config.parseSeconds) : code === 134 || killed === 'SIGABRT' ? tooMuchMemory() : crashed());
      });
      child.send(order, (error) => error && stop(crashed()));
    });
  }

  private start(): ChildProcess {
    const node = [process.execPath, ...confinement(this.config.parseMegabytes), join(COMPILED, 'child.js')];
    const options = { cwd: ROOT, env: {}, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] as ('ignore' | 'ipc')[], serialization: 'advanced' as const };
    if (process.platform === 'win32') return spawn(node[0]!, node.slice(1), options);
    // The kernel's own limit on CPU time also holds when this process is gone and nobody is left to kill the child.
    return spawn('/bin/sh', ['-c', 'ulimit -t "$1"; ulimit -c 0; shift; exec "$@"', 'parser', String(this.config.parseSeconds + 5), ...node], options);
  }
}

/** What a parser's process is started with: its heap's limit, no code made of strings, and nothing of the disk but the program itself to read. */
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

function tooSlow(seconds: number): Unreadable {
  return new Unreadable('too-slow', `The file took longer than ${seconds} seconds to read and was given up on. Split it or simplify it, and upload it again.`);
}

function tooMuchMemory(): Unreadable {
  return new Unreadable('too-much-memory', 'The file took too much memory to read and was given up on. Split it or simplify it, and upload it again.');
}

function crashed(): Unreadable {
  return new Unreadable('crashed', 'The file could not be read: its parser gave up on it. Export it again, or in another format, and upload the new file.');
}
