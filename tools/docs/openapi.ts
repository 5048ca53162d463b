import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { bootContexts } from '#platform/testing';
import { contexts } from '../../apps/contexts.js';

/** docs/openapi.json: what a process that hosts everything serves as /openapi.json, for who wants a client without starting one. */
export async function openapiPage(root: string): Promise<string> {
  execFileSync(process.execPath, [join(root, 'tools/openapi-metadata.mjs')], { cwd: root, stdio: 'inherit' });
  const booted = await bootContexts(await Promise.all(contexts.map(async ({ load }) => (await load()).context)));
  try {
    const { status, body } = await booted.with().get('/openapi.json');
    if (status !== 200) throw new Error(`/openapi.json answered ${status}`);
    return `${JSON.stringify({ ...body, servers: [{ url: '/' }] }, null, 1)}\n`;
  } finally {
    await booted.close();
  }
}
