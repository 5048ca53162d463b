import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { environment } from '#platform/core';

export interface RunningServer<T> {
  facts: T;
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

export function onPath(program: string): string | undefined {
  for (const folder of (environment().PATH ?? '').split(delimiter)) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return undefined;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Installs a Debian package when that needs nobody's password. */
export function aptInstall(name: string): boolean {
  if (!isRoot() || !existsSync('/usr/bin/apt-get')) return false;
  const options = { env: { ...environment(), DEBIAN_FRONTEND: 'noninteractive' }, stdio: 'ignore' as const };
  spawnSync('apt-get', ['update', '-q'], options);
  return spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', name], options).status === 0;
}

/** Starts a container and gives the host's port of its one exposed port; undefined where docker is absent or may not be used. */
export function dockerRun(image: string, port: number, args: string[] = []): { port: number; stop: () => Promise<void> } | undefined {
  if (!onPath('docker')) return undefined;
  const run = spawnSync('docker', ['run', '-d', '--rm', '-p', `127.0.0.1::${port}`, ...args, image],
    { encoding: 'utf8', timeout: 170_000 });
  if (run.status !== 0) return undefined;
  const container = run.stdout.trim();
  const shown = spawnSync('docker', ['port', container, String(port)], { encoding: 'utf8' });
  return {
    port: Number(shown.stdout.trim().split(':').at(-1)),
    stop: async () => void spawnSync('docker', ['stop', '-t', '1', container], { stdio: 'ignore' }),
  };
}

/** Ends the program when this process ends, even by kill -9: the shell between them reads a pipe that closes then. */
const LEASH = `exec 3<&0; "$@" 3<&- & child=$!; echo "pid $child"; { read _ <&3; kill -s INT $child; } & wait $child; status=$?; kill ` +
  `$! 2>/dev/null; exit $status`;

export interface Launched {
  /** Asks the program to end (SIGINT) and waits until it has. */
  stop(): Promise<void>;
  /** Ends it as a crash would, or with another signal that ends it. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Sends a signal and does not wait for anything. */
  signal(name: NodeJS.Signals): void;
  /** What it last said, once it has ended by itself. */
  ended(): string | undefined;
}

export function launch(program: string, args: string[], options: { uid?: number; gid?: number; cwd?: string }): Launched {
  const child: ChildProcess = spawn('/bin/sh', ['-c', LEASH, 'sh', program, ...args], { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  const keep = (text: Buffer): void => void (output = (output + text.toString()).slice(-4_000));
  child.stdout!.on('data', keep);
  child.stderr!.on('data', keep);
  child.stdin!.on('error', () => undefined);
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let pid = 0;
  child.stdout!.once('data', (line: Buffer) => (pid = Number(/pid (\d+)/.exec(line.toString())?.[1])));
  for (const handle of [child, child.stdin, child.stdout, child.stderr] as unknown as { unref(): void }[]) handle.unref();
  return {
    stop: async () => {
      child.ref();
      child.stdin!.end();
      await exited;
    },
    kill: async (signal = 'SIGKILL') => {
      child.ref();
      process.kill(pid, signal);
      await exited;
    },
    signal: (name) => void process.kill(pid, name),
    ended: () => (child.exitCode === null ? undefined : output),
  };
}
