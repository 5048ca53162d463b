import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type CoreConfig, logger, runAs, type Scope } from '#platform/core';
import type { Tenancy } from '#tenancy';

/** What a new user needs, kept in `<data dir>/credentials.json` (mode 0600). */
export interface Credentials {
  url: string;
  email: string;
  password: string;
  apiKey: string;
}

const log = logger('monolith');

/** Where commands reach the Atoll they are told of, or the one that this environment starts. */
export function addressOf({ host, port }: Pick<CoreConfig, 'host' | 'port'>, given?: string): string {
  return (given ?? `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}`).replace(/\/+$/, '');
}

export interface Demo {
  credentials: Credentials;
  owner: Scope;
}

/** The demo tenant: made on the first start outside production. Its credentials are on disk once this resolves. */
export async function openDemo(tenancy: Tenancy, dataDir: string, url: string): Promise<Demo> {
  const file = join(dataDir, 'credentials.json');
  const known = await readCredentials(file);
  const scope = known && (await scopeOf(tenancy, known.apiKey));
  if (known && scope) {
    if (known.url !== url) await writeCredentials(file, { ...known, url });
    return { credentials: { ...known, url }, owner: scope };
  }
  const made = await register(tenancy, url);
  await writeCredentials(file, made.credentials);
  return made;
}

async function register(tenancy: Tenancy, url: string): Promise<Demo> {
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

/** Of the demo's owner; undefined before the first start. */
export async function readCredentials(file: string): Promise<Credentials | undefined> {
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
