import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { repoRoot } from '../repo-root.js';
import type { ModelReply, RecordedRequest } from './reply.js';

export interface SpawnedModelServer {
  url: string;
  /** Replaces the script and forgets recorded requests. */
  script(script: { next?: ModelReply[]; always?: ModelReply }): Promise<void>;
  /** The latest 100 requests. */
  requests(): Promise<RecordedRequest[]>;
  stop(): Promise<void>;
}

/** A model server in a process of its own, run from dist/: its work does not count as the work of what is measured. */
export async function spawnModelServer(): Promise<SpawnedModelServer> {
  const main = join(repoRoot(), 'dist/libs/platform/testing/src/model-server.main.js');
  const child = spawn(process.execPath, [main], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const first = await Promise.race([once(child.stdout, 'data'), exited]);
  if (!Buffer.isBuffer(first[0]))
    throw new Error(`The model server did not start (exit ${String(first[0])}). Is dist/ built? Run npm run build.`);
  const { url } = JSON.parse(first[0].toString()) as { url: string };
  return {
    url,
    script: async (script) => {
      await fetch(new URL('/script', url), { method: 'POST', body: JSON.stringify(script) });
    },
    requests: async () => (await fetch(new URL('/requests', url))).json() as Promise<RecordedRequest[]>,
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
