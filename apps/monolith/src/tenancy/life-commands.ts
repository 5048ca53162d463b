import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, environment } from '#platform/core';
import { createEdge } from '#platform/runtime';
import { TenantLife } from '#tenancy/module';
import { contexts } from '../../../contexts.js';
import { inTenant } from './with-tenancy.js';

export interface LifeOptions {
  tenant?: string;
  file?: string;
  to?: string;
  clone?: boolean;
  trust?: string[];
  now?: boolean;
}

const COMMANDS = { export: exportTenant, import: importTenant, 'archive-key': archiveKey, delete: deleteTenant, keep: keepTenant,
  erasure: showErasure, 'reapply-erasures': reapply };
const LOOK_EVERY_MS = 200;
/** A command hosts and runs everything itself, whatever the process beside it does. */
const ALONE = { ATOLL_CONTEXTS: 'all', ATOLL_RUN_JOBS: 'true', ATOLL_QUEUES: 'all', ATOLL_LOG_LEVEL: 'error' };

export function isLifeCommand(name: string | undefined): name is keyof typeof COMMANDS {
  return name !== undefined && name in COMMANDS;
}

/**
 * Opens all contexts for one command, and works on jobs until it has its answer: beside a running Atoll on a Postgres server, without one
 * on the embedded database (which belongs to one process: stop Atoll first). It says what it did; what it logs on the way is of no use.
 */
export async function lifeCommand(name: keyof typeof COMMANDS, options: LifeOptions): Promise<void> {
  const wirings = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
  const edge = await createEdge(wirings,
    { env: { ...environment(), ...ALONE }, publicHttp: false });
  try {
    await COMMANDS[name](edge.app.get(TenantLife), options);
  } finally {
    await edge.close();
  }
}

async function exportTenant(life: TenantLife, { tenant, to }: LifeOptions): Promise<void> {
  if (!to) throw new AppError('invalid', 'cli.to', 'Where should the archive be written? Give --to FILE; the file must not exist yet.');
  const { id } = await inTenant(tenant, () => life.exports.ask());
  const done = await until(() => inTenant(tenant, () => life.exports.get(id)), ({ state }) => state !== 'running',
    ({ progress }) => progress);
  if (done.state === 'failed') throw new AppError('internal', 'cli.export', `The export failed: ${done.error}`);
  await inTenant(tenant, async () => pipeline(Readable.from((await life.exports.archive(id)).content),
    createWriteStream(to, { flags: 'wx', mode: 0o600 }))).catch(async (error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new AppError('conflict', 'cli.to', `${to} exists already and was left as it is. Give another name.`);
    await rm(to, { force: true });
    throw error;
  });
  console.log(`${to}  ${done.bytes} bytes, SHA-256 ${done.sha256}\nSigned with ${life.imports.publicKey}`);
}

async function importTenant(life: TenantLife, { file, clone = false, trust = [] }: LifeOptions): Promise<void> {
  if (!file) throw new AppError('invalid', 'cli.file', 'Which archive? Give its file: tenant import FILE.');
  const { tenantId, orderId } = await life.imports.take(createReadStream(file, { highWaterMark: 256 * 1024 }), { clone, trusted: trust });
  const order = await until(() => life.imports.progress(tenantId, orderId), (state) => state?.state !== 'running',
    (state) => Object.keys(state!.parts).length / state!.expected.length);
  if (order?.state === 'done') return console.log(`${tenantId}  imported`);
  await erased(life, tenantId);
  throw new AppError('unprocessable', 'cli.import', `The import failed, and nothing of it remains. ${order?.error ?? ''}`);
}

async function archiveKey(life: TenantLife): Promise<void> {
  console.log(life.imports.publicKey);
}

async function deleteTenant(life: TenantLife, { tenant, now = false }: LifeOptions): Promise<void> {
  const { dueAt } = await inTenant(tenant, () => life.deletion.order({ now }));
  if (!now) return console.log(`${tenant}  is shut, and will be erased on ${dueAt.toISOString()}. Take it back with tenant keep ` +
    `--tenant ${tenant}.`);
  await erased(life, tenant!);
  await showErasure(life, { tenant });
}

async function keepTenant(life: TenantLife, { tenant }: LifeOptions): Promise<void> {
  if (!(await inTenant(tenant, () => life.deletion.keep())))
    throw new AppError('conflict', 'cli.keep', `There is nothing to take back for ${tenant}: no deletion waits, or it has begun.`);
  console.log(`${tenant}  is as it was`);
}

async function reapply(life: TenantLife): Promise<void> {
  const { persons, tenants } = await life.reapply.run();
  console.log(`Erased again: ${persons} persons, ${tenants} tenants. The rest follows as jobs of the running Atoll.`);
}

async function showErasure(life: TenantLife, { tenant }: LifeOptions): Promise<void> {
  const erasure = await inTenant(tenant, () => life.erasures.of(tenant!));
  if (!erasure) throw new AppError('not-found', 'cli.erasure', `Nobody asked for the deletion of ${tenant}.`);
  const { state, cause, askedAt, finishedAt, round, report } = erasure;
  console.log(`${tenant}  ${state} (by ${cause}, asked ` +
    `${askedAt.toISOString()}${finishedAt ? `, ended ${finishedAt.toISOString()}` : ''}, ${round} rounds)`);
  for (const [table, { before, after }] of Object.entries({ ...report.tables, blobs: report.blobs ?? { before: 0, after: 0 } }))
    if (before + after > 0) console.log(`  ${table.padEnd(32)} ${String(before).padStart(8)} -> ${after}`);
}

/** Works on it here and now rather than at the next tick of the schedule. */
async function erased(life: TenantLife, tenantId: string): Promise<void> {
  const look = async (): ReturnType<TenantLife['erasures']['of']> => {
    await life.steps.work();
    return life.erasures.of(tenantId);
  };
  await until(look, (erasure) => erasure?.state === 'done', () => 0);
}

/** Looks until it is over, and shows how far it is on a terminal. */
async function until<T>(look: () => Promise<T>, over: (state: T) => boolean, progress: (state: T) => number): Promise<T> {
  for (;;) {
    const state = await look();
    if (over(state)) return state;
    if (process.stderr.isTTY) process.stderr.write(`\r${Math.round(100 * progress(state))} %  `);
    await pause(LOOK_EVERY_MS);
  }
}
