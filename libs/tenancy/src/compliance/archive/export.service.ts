import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { AppError, current, isId, newId, notFound, Secrets } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Blobs } from '#platform/adapters';
import { asTenant } from '../../access/as-tenant.js';
import { archiveKey } from './archive-writer.service.js';
import { type DataOrderRow, DataOrderService } from './data-order.service.js';

/** How far an export is, and what it holds. */
export interface Export {
  id: string;
  state: 'running' | 'done' | 'failed';
  /** 0 to 1: contexts that have written their part. */
  progress: number;
  /** Rows by table, as far as they are written. */
  rows: Record<string, number>;
  files: number;
  /** Size of the archive, once it is there. */
  bytes: number | null;
  sha256: string | null;
  error: string | null;
  createdAt: string;
  finishedAt: string | null;
}

const PURPOSE = 'tenancy.archive-link';
const LINK_MINUTES = 15;

/** Exports of the current tenant: asked for, followed, fetched. */
@Injectable()
export class ExportService {
  constructor(
    private readonly orders: DataOrderService,
    private readonly blobs: Blobs,
    private readonly secrets: Secrets,
  ) {}

  @Audited('tenancy.export.asked', { answer: ({ id }: Export) => ({ id }) })
  async ask(): Promise<Export> {
    const running = (await this.orders.list('export')).find(({ state }) => state === 'running');
    if (running) return toExport(running);
    const orderId = newId();
    await this.orders.give({ orderId, kind: 'export' });
    return toExport(await this.orders.get(orderId, 'export'));
  }

  async get(id: string): Promise<Export> {
    return toExport(await this.orders.get(id, 'export'));
  }

  async list(): Promise<Export[]> {
    return (await this.orders.list('export')).map(toExport);
  }

  /** A link that opens for whoever has it, for a quarter of an hour. */
  @Audited('tenancy.export.linked')
  async link(id: string): Promise<{ id: string; path: string; expiresAt: string }> {
    const { archive } = await this.orders.get(id, 'export', 'person-export');
    if (!archive) throw new AppError('conflict', 'tenancy.export-unfinished',
      'The archive is not there yet, or not any more. Ask for the export and wait until its state is done.');
    const { tenantId } = current();
    const until = Date.now() + LINK_MINUTES * 60_000;
    const named = `${tenantId}.${id}.${until}`;
    return { id, path: `/v1/tenant-archives?link=${named}.${this.secrets.sign(PURPOSE, named)}`, expiresAt: new Date(until).toISOString() };
  }

  /** What a link opens. A link of nobody's making, an old one, and one to an archive that is gone are answered alike. */
  async open(link: string): Promise<{ content: Readable; bytes: number; name: string }> {
    const [tenantId, id, until, signature, ...rest] = link.split('.');
    const genuine = isId(tenantId) && isId(id) && signature !== undefined && rest.length === 0 &&
      this.secrets.verify(PURPOSE, `${tenantId}.${id}.${until}`, signature);
    if (!genuine || Number(until) < Date.now()) throw notFound('archive');
    return asTenant(tenantId, () => this.archive(id));
  }

  /** The archive of an export of the running tenant. */
  async archive(id: string): Promise<{ content: Readable; bytes: number; name: string }> {
    const key = archiveKey(current().tenantId, id);
    const bytes = await this.blobs.size(key);
    if (bytes === undefined) throw notFound('archive');
    return { content: await this.blobs.read(key), bytes, name: `atoll-${id}.tar` };
  }
}

export function toExport({ id, state, expected, parts, archive, error, createdAt, finishedAt }: DataOrderRow): Export {
  const done = Object.values(parts);
  return {
    id, state, error,
    progress: state === 'done' ? 1 : done.length / (expected.length + 1),
    rows: Object.fromEntries(done.flatMap(({ tables }) => Object.entries(tables).map(([table, { after }]) => [table, after]))),
    files: done.reduce((sum, { blobs }) => sum + blobs.after, 0),
    bytes: archive?.bytes ?? null,
    sha256: archive?.sha256 ?? null,
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}
