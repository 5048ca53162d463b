import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AppError, CoreConfig, loadConfig } from '#platform/core';
import { contextGraph, type Graph } from '../../../graph.js';
import { placementFaults } from '../../../placement.js';

export interface SplitOptions {
  /** Contexts that go into the pod together. */
  moved: string[];
  /** How many pods of them. */
  replicas: number;
  /** The environment of the process they are taken out of. */
  env: NodeJS.ProcessEnv;
  graph?: Graph;
}

export interface SplitProcess {
  contexts: string[];
  port: number;
  env: Record<string, string>;
}

export interface SplitPlan {
  pods: SplitProcess[];
  /** What stays, and forwards the HTTP of what moved. */
  rest: SplitProcess;
  /** The process they were taken out of, on a port of its own: the way back. */
  whole: SplitProcess;
}

/** Who hosts what after the move; refuses a move that could not start. */
export function planSplit({ moved, replicas, env, graph = contextGraph() }: SplitOptions): SplitPlan {
  const core = loadConfig([CoreConfig], env, { peek: true }).get(CoreConfig) as CoreConfig;
  const known = Object.keys(graph).filter((name) => !name.startsWith('platform/'));
  const hosted = core.contexts.includes('all') ? known : core.contexts;
  assertMovable(moved, hosted, known);
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > 100)
    throw new AppError('invalid', 'cli.replicas', '--replicas is a whole number from 1 to 100.');
  const staying = hosted.filter((name) => !moved.includes(name));
  const faults = [moved, staying].flatMap((names) => placementFaults(names, graph, true));
  if (faults.length > 0) throw new AppError('invalid', 'cli.split', faults.map(({ name, fault }) => `${name} ${fault}`).join('\n'));
  const first = core.port + 1;
  const pods = Array.from({ length: replicas },
    (_, at) => ({ contexts: moved, port: first + at, env: { ATOLL_CONTEXTS: moved.join(','), PORT: String(first + at) } }));
  const urls = Object.fromEntries(
    moved.map((name) => [`ATOLL_URL_${name.toUpperCase()}`, pods.map(({ port }) => `http://127.0.0.1:${port}`).join(',')]));
  const port = first + replicas;
  const whole = { contexts: hosted, port, env: { ...(env.ATOLL_CONTEXTS && { ATOLL_CONTEXTS: env.ATOLL_CONTEXTS }), PORT: String(port) } };
  return { pods, whole, rest: { contexts: staying, port: core.port,
    env: { ATOLL_CONTEXTS: staying.join(','), PORT: String(core.port), ...urls } } };
}

function assertMovable(moved: string[], hosted: string[], known: string[]): void {
  const refuse = (message: string): never => {
    throw new AppError('invalid', 'cli.split', message);
  };
  if (moved.length === 0) refuse(`Name what to move: npm run atoll -- split search. Contexts: ${known.join(', ')}.`);
  const unknown = moved.filter((name) => !known.includes(name));
  if (unknown.length > 0) refuse(`${unknown.join(', ')}: no such context. Contexts: ${known.join(', ')}.`);
  const absent = moved.filter((name) => !hosted.includes(name));
  if (absent.length > 0) refuse(`This environment's process does not host ${absent.join(', ')} (ATOLL_CONTEXTS), so there is nothing to ` +
    `move out of it.`);
  if (moved.length === hosted.length)
    refuse(`Nothing would stay behind. To move all of them, start the same environment on the other machine.`);
}

const MAIN = 'node dist/apps/monolith/src/main.js';

/** What `npm run atoll -- split` prints: a shell script with comments, without a secret in it. */
export function splitScript(options: SplitOptions): string {
  const { env, moved } = options;
  const { pods, rest, whole } = planSplit(options);
  const names = moved.join(' and ');
  const line = (side: SplitProcess): string => [...Object.entries(side.env).map(([key, value]) => `${key}=${value}`), MAIN].join(' ');
  return [
    '# Every process needs the same four.',
    ...shared(env),
    '',
    `# ${names}${pods.length > 1 ? `, ${pods.length} replicas: each call is taken by exactly one of them`
      : ' in a process of its own'}. On another machine: HOST=0.0.0.0.`,
    ...pods.map((pod) => `${line(pod)} &`),
    '',
    `# Everything else. It forwards the routes of ${names} to ATOLL_URL_….`,
    line(rest),
    '',
    `# To check either:  the same line with dist/apps/monolith/src/cli.js doctor at its end`,
    '# To move back without losing a request: the whole one first, then point the clients at it, then stop the others with SIGTERM.',
    `# ${line(whole)}`,
  ].join('\n');
}

/** A value that is here stays where it is: the shell passes it on, the script does not repeat it. */
function shared(env: NodeJS.ProcessEnv): string[] {
  const dataDir = resolve(env.ATOLL_DATA_DIR || './.atoll');
  const kept = join(dataDir, 'secret');
  const own = Object.keys(env).filter((key) => /^ATOLL_DATABASE_URL_[A-Z]+$/.test(key) && env[key]);
  return [
    given(env, 'DATABASE_URL') ?? 'export DATABASE_URL=postgres://LOGIN:PASSWORD@HOST/DATABASE   # not set here: processes share a ' +
      'Postgres server (npm run atoll -- db init); the embedded database serves one',
    given(env, 'REDIS_URL') ?? 'export REDIS_URL=redis://127.0.0.1:6379   # not set here: contexts call each other through it',
    given(env, 'ATOLL_SECRET') ?? `export ATOLL_SECRET="$(${existsSync(kept) ? `cat '${kept}'` : 'openssl rand -base64 48'})"`,
    `export ATOLL_DATA_DIR='${dataDir}'   # uploaded files: shared by all processes that host search`,
    ...own.map((key) => given(env, key)!),
  ];
}

function given(env: NodeJS.ProcessEnv, key: string): string | undefined {
  return env[key] ? `export ${key}="$${key}"` : undefined;
}
