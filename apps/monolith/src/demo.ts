import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, idFor, logger, runAs, type Scope } from '#platform/core';
import type { Search } from '#search';
import type { Tenancy } from '#tenancy';

/** What a new user needs, kept in `<data dir>/credentials.json` (mode 0600). */
export interface Credentials {
  url: string;
  email: string;
  password: string;
  apiKey: string;
}

const INDEX_WAIT_MS = 30_000;
const root = join(import.meta.dirname, '..', '..', '..', '..');
const log = logger('monolith');

/**
 * The demo tenant: made on the first start outside production, its knowledge base being Atoll's own documentation, which is brought up
 * to date on every start. Resolves once the documentation can be asked about.
 */
export async function ensureDemo(tenancy: Tenancy, search: Search, dataDir: string, url: string): Promise<Credentials> {
  const file = join(dataDir, 'credentials.json');
  const known = await readCredentials(file);
  const scope = known && (await scopeOf(tenancy, known.apiKey));
  if (known && scope) {
    if (known.url !== url) await writeCredentials(file, { ...known, url });
    await runAs(scope, () => indexDocs(search));
    return { ...known, url };
  }
  const { credentials, owner } = await register(tenancy, url);
  await runAs(owner, () => indexDocs(search));
  await writeCredentials(file, credentials);
  return credentials;
}

async function register(tenancy: Tenancy, url: string): Promise<{ credentials: Credentials; owner: Scope }> {
  const password = randomBytes(12).toString('base64url');
  const entry = { tenantName: 'Demo', name: 'Demo Owner', password };
  let email = 'demo@atoll.example';
  const made = await tenancy.register({ ...entry, email }).catch((error: unknown) => {
    if (!(error instanceof AppError)) throw error;
    log.info('a demo tenant exists and its credentials file is gone; making another one');
    email = `demo-${randomBytes(3).toString('hex')}@atoll.example`;
    return tenancy.register({ ...entry, email });
  });
  const owner: Scope = { tenantId: made.tenantId, actor: { kind: 'user', id: made.userId, roles: ['owner'], permissions: ['*'] } };
  const { key } = await runAs(owner, () => tenancy.createApiKey({ name: 'demo', scopes: ['*'] }));
  return { credentials: { url, email, password, apiKey: key }, owner };
}

async function scopeOf(tenancy: Tenancy, apiKey: string): Promise<Scope | undefined> {
  try {
    return await tenancy.authenticate({ scheme: 'bearer', token: apiKey });
  } catch (error) {
    if (error instanceof AppError && error.code === 'unauthenticated') return undefined;
    throw error;
  }
}

async function indexDocs(search: Search): Promise<void> {
  const ids: string[] = [];
  for (const path of await markdownFiles()) {
    const id = idFor(`atoll-docs/${path}`);
    await search.add({ id, name: path, mediaType: 'text/markdown', text: await readFile(join(root, path), 'utf8') });
    ids.push(id);
  }
  const deadline = Date.now() + INDEX_WAIT_MS;
  for (const id of ids) {
    for (;;) {
      const { state, reason } = await search.status({ id });
      if (state === 'failed') log.warn({ reason }, 'a page of the documentation could not be indexed');
      if (state === 'ready' || state === 'failed' || Date.now() > deadline) break;
      await pause(50);
    }
  }
}

/** README.md, everything under docs/, and the README of each context. */
async function markdownFiles(): Promise<string[]> {
  const docs = await readdir(join(root, 'docs'), { recursive: true, withFileTypes: true });
  const libs = await readdir(join(root, 'libs'), { withFileTypes: true });
  return [
    'README.md',
    ...docs.filter((entry) => entry.isFile() && entry.name.endsWith('.md')).map((entry) => relative(root, join(entry.parentPath, entry.name))),
    ...libs.map((entry) => join('libs', entry.name, 'README.md')).filter((path) => existsSync(join(root, path))),
  ].sort();
}

async function readCredentials(file: string): Promise<Credentials | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Credentials;
  } catch {
    return undefined;
  }
}

/** Written beside and renamed: a crash leaves the old file or the new one, never half of one. */
async function writeCredentials(file: string, credentials: Credentials): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true });
  const draft = `${file}.new`;
  await writeFile(draft, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, file);
}
