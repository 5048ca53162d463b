import { createHash } from 'node:crypto';
import { Inject, Injectable, type Type } from '@nestjs/common';
import { Blobs } from '#platform/adapters';
import { AppError, current, errorData } from '#platform/core';
import { Db, sqlState } from '#platform/database';
import { addHandler, defineJob, type JobDefinition, Jobs, type Received, type RunningJob, LocalEmitter } from '#platform/messaging';
import { DATA_OWNERS, type DataOwner } from './data-owner.js';
import { clonedRow } from './clone-ids.js';
import { type ContextTable, contextTables, ownRows } from './context-tables.js';
import { type ArchivePart, blobPath, fileKey, linesOf, orderKey, rowsPath } from './order-blobs.js';
import {
  type PrivacyRequest, PrivacyRequests, type PrivacyRequestPart, dataOrderDone, dataOrdered, tenantErased,
} from './privacy-requests.js';
import { type Which, countRows, eraseRows, insertRows, readRows } from './rows.js';

const HOURS_MS = 3_600_000;

type Work = Pick<PrivacyRequestPart, 'tables' | 'blobs'>;
type Running = Pick<RunningJob<JobDefinition<PrivacyRequest>>, 'signal' | 'progress'>;

/** Rows of one table. */
interface Chosen {
  table: ContextTable;
  which: Which;
}

/** Exports, takes in and erases one context's data, in the process that hosts it, as its data map says. */
@Injectable()
class PrivacyWorker {
  static readonly context: string;
  static readonly job: JobDefinition<PrivacyRequest>;

  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
    private readonly orders: PrivacyRequests,
    private readonly blobs: Blobs,
    private readonly emitter: LocalEmitter,
    @Inject(DATA_OWNERS) private readonly owners: DataOwner[],
  ) {}

  private get context(): string {
    return (this.constructor as typeof PrivacyWorker).context;
  }

  private get owner(): Partial<DataOwner> {
    return this.owners.find(({ name }) => name === this.context) ?? {};
  }

  async take({ data }: Received<typeof dataOrdered>): Promise<void> {
    if (data.last !== this.context) await this.jobs.add((this.constructor as typeof PrivacyWorker).job, data);
  }

  /** May be killed and run again at any point: rows and blobs that are there, or gone, already are no fault. */
  async run(job: RunningJob<JobDefinition<PrivacyRequest>>): Promise<void> {
    const { orderId, kind, round } = job.data;
    const part = { orderId, kind, round, context: this.context };
    try {
      const done = await this.work(job);
      await job.once(() => this.orders.tell(dataOrderDone, { ...part, ...done }));
    } catch (error) {
      if (job.signal.aborted || (job.attempt < job.attempts && !isFinal(error))) throw error;
      await job.once(() => this.orders.tell(dataOrderDone,
        { ...part, tables: {}, blobs: { before: 0, after: 0 }, error: errorData(error).message }));
    }
  }

  private async work({ data: order, signal, progress }: RunningJob<JobDefinition<PrivacyRequest>>): Promise<Work> {
    const tables = await contextTables(this.db, this.context, this.owner.dataMap ?? {});
    switch (order.kind) {
      case 'export':
        return this.write(order, tables.filter(({ data }) => data.life === 'moves')
          .map((table) => ({ table, which: { where: table.data.moving } })), true, { signal, progress });
      case 'person-export':
        return this.write(order, personal(tables, order.personId!), false, { signal, progress });
      case 'import':
        return this.takeIn(order, tables.filter(({ data }) => data.life === 'moves'), { signal, progress });
      case 'erase':
        this.emitter.emit(tenantErased, { tenantId: current().tenantId });
        return this.eraseAll(order, tables.map((table) => ({ table, which: {} })), signal);
      case 'retain':
        return eraseContext({ ...this.tools, chosen: aged(tables, order.keep ?? {}), withBlobs: false, signal });
      case 'person-erase':
        return eraseContext({ ...this.tools, chosen: personal(tables, order.personId!), withBlobs: false, signal });
    }
  }

  /** Children before their parents: a row that comes while this runs is then never without what it hangs from. */
  private async write({ orderId }: PrivacyRequest, chosen: Chosen[], withBlobs: boolean, { signal, progress }: Running): Promise<Work> {
    const { tenantId } = current();
    const files: ArchivePart['files'] = [];
    for (const [at, { table, which }] of [...chosen].reverse().entries()) {
      const path = rowsPath(table.name);
      let rows = 0;
      const counted = async function* (db: Db): AsyncGenerator<Uint8Array> {
        for await (const lines of readRows(db, table, which)) {
          signal.throwIfAborted();
          rows += lines.length;
          yield Buffer.from(`${lines.join('\n')}\n`);
        }
      };
      const stored = await this.blobs.put(fileKey(tenantId, orderId, path), counted(this.db), { signal });
      files.unshift({ path, rows, ...stored });
      progress((at + 1) / (chosen.length + 1));
    }
    let blobs = 0;
    for await (const { key, id } of withBlobs ? this.blobs.list(tenantId, this.context) : []) {
      signal.throwIfAborted();
      if (this.owner.blobMap?.[id[0]!]?.life !== 'moves') continue;
      files.push({ path: blobPath(this.context, id), ...(await this.measured(key)) });
      blobs += 1;
    }
    const part: ArchivePart = { context: this.context, schema: this.owner.migrations?.at(-1)?.name ?? '', files };
    await this.blobs.put(orderKey(tenantId, orderId, 'parts', `${this.context}.json`), Buffer.from(JSON.stringify(part)));
    return { tables: tally(files.filter(({ path }) => path.startsWith('rows/'))
      .map(({ path, rows = 0 }) => [path.slice(5, -6), { before: rows, after: rows }])), blobs: { before: blobs, after: blobs } };
  }

  private async measured(key: string): Promise<{ bytes: number; sha256: string }> {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of (await this.blobs.read(key)) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    return { bytes, sha256: hash.digest('hex') };
  }

  private async takeIn({ orderId, cloneOf }: PrivacyRequest, tables: ContextTable[], { signal, progress }: Running): Promise<Work> {
    const { tenantId } = current();
    const counts: [string, { before: number; after: number }][] = [];
    for (const [at, table] of tables.entries()) {
      const key = fileKey(tenantId, orderId, rowsPath(table.name));
      if ((cloneOf !== undefined && table.data.bound) || (await this.blobs.size(key)) === undefined) continue;
      let [rows, left] = [0, 0];
      for await (const raw of linesOf((await this.blobs.read(key)) as AsyncIterable<Buffer>)) {
        signal.throwIfAborted();
        const lines = cloneOf === undefined ? raw : raw.map((line) => clonedRow(line, cloneOf, tenantId));
        left += await insertRows(this.db, table, await this.completed(table, lines));
        rows += lines.length;
      }
      counts.push([table.name, { before: rows, after: rows - left }]);
      progress((at + 1) / tables.length);
    }
    return { tables: tally(counts), blobs: { before: 0, after: 0 } };
  }

  private async completed({ data: { arriving } }: ContextTable, lines: string[]): Promise<string[]> {
    if (!arriving) return lines;
    const rows = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    await arriving(this.db, rows);
    return rows.map((row) => JSON.stringify(row));
  }

  /** What the first try found is written down before anything goes: a later one would find less, and the report would say less. */
  private async eraseAll({ orderId, round }: PrivacyRequest, chosen: Chosen[], signal: AbortSignal): Promise<Work> {
    const key = orderKey(current().tenantId, orderId, 'found', `${this.context}-${round}.json`);
    if ((await this.blobs.size(key)) === undefined)
      await this.blobs.put(key, Buffer.from(JSON.stringify(await foundIn({ ...this.tools, chosen }))));
    const found = JSON.parse((await this.blobs.get(key)).toString()) as { tables: Record<string, number>; blobs: number };
    const { tables } = await eraseContext({ ...this.tools, chosen, withBlobs: true, signal });
    return { tables: tally(Object.entries(tables).map(([name, { after }]) => [name, { before: found.tables[name] ?? 0, after }])),
      blobs: { before: found.blobs, after: 0 } };
  }

  private get tools(): Tools {
    return { db: this.db, blobs: this.blobs, context: this.context };
  }
}

interface Tools {
  db: Db;
  blobs: Blobs;
  context: string;
}

async function foundIn({ db, blobs, context, chosen }: Tools & { chosen: Chosen[] }): Promise<{ tables: Record<string, number>;
  blobs: number }> {
  const tables: Record<string, number> = {};
  for (const { table, which } of chosen) tables[table.name] = await countRows(db, table, which);
  return { tables, blobs: (await Array.fromAsync(blobs.list(current().tenantId, context))).length };
}

/** Deletes rows, children first, and the context's blobs of the running tenant; tells how many there were before and are afterwards. */
export async function eraseContext({ db, blobs, context, chosen, withBlobs, signal }: Tools
  & { chosen: Chosen[]; withBlobs: boolean; signal?: AbortSignal }): Promise<Work> {
  const { tenantId } = current();
  const before = new Map<string, number>();
  for (const { table, which } of chosen) before.set(table.name, await countRows(db, table, which));
  for (const { table, which } of [...chosen].reverse()) if (before.get(table.name) !== 0) await eraseRows(db, table, which, signal);
  const tables: Work['tables'] = {};
  for (const { table, which } of chosen)
    tables[table.name] = { before: before.get(table.name)!, after: before.get(table.name) === 0 ? 0 : await countRows(db, table, which) };
  const found = { before: 0, after: 0 };
  for await (const { key } of withBlobs ? blobs.list(tenantId, context) : []) {
    await blobs.delete(key);
    found.before += 1;
  }
  return { tables, blobs: found };
}

/** Rows that are older than their rule allows. */
function aged(tables: ContextTable[], keep: NonNullable<PrivacyRequest['keep']>): Chosen[] {
  return tables.flatMap((table) => {
    const rule = table.data.aged;
    const days = rule && keep[rule.rule];
    return rule && days !== undefined
      ? [{ table, which: { where: `t.${rule.by} < now() - make_interval(days => $2::int)`, values: [days] } }] : [];
  });
}

/** A person's own rows of each table that can have some. */
function personal(tables: ContextTable[], personId: string): Chosen[] {
  return tables.flatMap((table) => {
    const where = ownRows(table, tables);
    return where ? [{ table, which: { where, values: [personId] } }] : [];
  });
}

/** What the data itself is to blame for: another try would meet the same. */
function isFinal(error: unknown): boolean {
  return (error instanceof AppError && error.code === 'invalid') || /^(22|23)/.test(sqlState(error) ?? '');
}

function tally(counts: [string, { before: number; after: number }][]): Work['tables'] {
  return Object.fromEntries(counts);
}

const workers = new Map<string, Type<PrivacyWorker>>();

/** The worker of one context: it hears requests as `<context>.take-data-order` and does them as the job `<context>.handle-data-order`. */
export function privacyWorkerOf(context: string): Type<PrivacyWorker> {
  const known = workers.get(context);
  if (known) return known;
  const job = defineJob<PrivacyRequest>(`${context}.handle-data-order`, { attempts: 5, timeoutMs: 6 * HOURS_MS, whileParked: true });
  class ContextWorker extends PrivacyWorker {
    static override readonly context = context;
    static override readonly job = job;
  }
  const heard = { message: dataOrdered.name, version: dataOrdered.version, handler: `${context}.take-data-order` };
  addHandler(ContextWorker.prototype, { kind: 'event', ...heard, method: 'take', options: {} });
  const done = { message: job.name, version: job.version, handler: job.name };
  addHandler(ContextWorker.prototype, { kind: 'job', ...done, method: 'run', options: job.options });
  workers.set(context, ContextWorker);
  return ContextWorker;
}
