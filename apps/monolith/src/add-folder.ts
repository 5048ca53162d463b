import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, CoreConfig, loadConfig } from '#platform/core';
import { UndiciEgress } from '#platform/adapters';
import { addressOf, readCredentials } from './demo.js';

const UPLOADING = { purpose: 'monolith.add', trust: 'operator', timeoutMs: 120_000, bodyTimeoutMs: 120_000, maxRedirects: 0 } as const;
/** Uploads that are refused for their number are sent again after as long as Atoll asks for. */
const AGAIN_MS = 2_000;

/**
 * `npm run atoll -- add PATH...`: uploads files, and every file below folders, to the running Atoll, as the demo's owner or the holder of
 * a key. A file that was added before and has changed is its next version. Names tell the folders a file lies in, so that two of one name
 * stay two.
 */
export async function addFolders(folders: string[], { url, key }: { url?: string; key?: string }): Promise<void> {
  if (folders.length === 0) throw new AppError('invalid', 'cli.no-folder', 'Name the folder: npm run atoll -- add FOLDER.');
  const core = loadConfig([CoreConfig], undefined, { peek: true }).get(CoreConfig) as CoreConfig;
  const demo = key === undefined ? await readCredentials(join(core.dataDir, 'credentials.json')) : undefined;
  const apiKey = key ?? demo?.apiKey;
  if (apiKey === undefined) throw new AppError('invalid', 'cli.no-key',
    `There are no credentials in ${core.dataDir}. Start Atoll once with npm start, or give --api-key.`);
  const address = demo && url === undefined ? demo.url : addressOf(core, url);
  const told = { taken: 0, refused: 0 };
  for (const [path, name] of (await Promise.all(folders.map(filesOf))).flat()) {
    const refusal = await upload(address, apiKey, name.split(sep).join(' - '), await readFile(path));
    told[refusal === undefined ? 'taken' : 'refused']++;
    if (refusal !== undefined) console.log(`  not taken: ${path}: ${refusal}`);
  }
  console.log(`Taken by ${address}, which reads them now: ${told.taken}. Not taken: ${told.refused}.`);
  if (told.refused > 0) process.exitCode = 1;
}

/** The file itself, or those below the folder, each with the name it is given. */
async function filesOf(path: string): Promise<[path: string, name: string][]> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return [[path, basename(path)]];
  return (await filesBelow(path)).map((file) => [file, relative(path, file)]);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw new AppError('invalid', 'cli.no-folder', `${folder} is no file and no folder that can be read.`, { cause: error });
  });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(folder, path).split(sep).some((part) => part.startsWith('.') || part === 'node_modules')).sort();
}

/** Why it was not taken; undefined where it was. */
async function upload(address: string, apiKey: string, name: string, content: Buffer): Promise<string | undefined> {
  const fetch = new UndiciEgress().as(UPLOADING);
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(content)]), name);
  const packed = new Response(form);
  const body = Buffer.from(await packed.arrayBuffer());
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': packed.headers.get('content-type')! };
  for (;;) {
    const response = await fetch(`${address}/v1/knowledge/files`, { method: 'POST', headers, body }).catch((error: unknown) => {
      throw new AppError('unavailable', 'cli.no-answer', `Atoll does not answer at ${address}. Start it with npm start, or give --url.`,
        { cause: error });
    });
    if (response.ok) return void (await response.arrayBuffer());
    const { detail } = (await response.json().catch(() => ({}))) as { detail?: string };
    if (response.status === 401) throw new AppError('unauthenticated', 'cli.key', `${address} does not accept this key.`);
    if (response.status !== 429) return detail ?? `Atoll answered ${response.status}`;
    await pause(Number(response.headers.get('retry-after')) * 1_000 || AGAIN_MS);
  }
}
