import { Inject, Injectable } from '@nestjs/common';
import { AppError, keyOf, newId } from '#platform/core';
import { Audit, clonedId, DATA_OWNERS, type DataOwner, PrivacyRequests, fileKey, tenantArrived } from '#platform/privacy';
import { Blobs } from '#platform/adapters';
import { Db } from '#platform/database';
import { asTenant } from '../../access/as-tenant.js';
import { TenancyConfig } from '../../tenancy.config.js';
import { ArchiveKey } from './archive-key.js';
import { ArchiveReader, type ReadFile } from './archive-reader.js';
import { type DataOrderRow, DataOrderService } from './data-order.service.js';
import type { Manifest } from './manifest.js';
import { broken } from './tar.js';

export interface ImportOptions {
  /** Public keys of other deployments, as `tenant archive-key` prints them there. */
  trusted?: string[];
  /** Another tenant with ids of its own, also where the exported one still is. Its audit log begins anew. */
  clone?: boolean;
}

const GIGABYTE = 1024 ** 3;

/** Takes archives in: checks all of one before a row of it is written, then hands each context its part. */
@Injectable()
export class ImportService {
  constructor(
    private readonly db: Db,
    private readonly blobs: Blobs,
    private readonly orders: DataOrderService,
    private readonly key: ArchiveKey,
    private readonly config: TenancyConfig,
    @Inject(DATA_OWNERS) private readonly owners: DataOwner[],
  ) {}

  get publicKey(): string {
    return this.key.publicKey;
  }

  /**
   * Reads an archive to its end and gives the order to take it in; the contexts do that on their own (`progress`). What is refused leaves
   * nothing: until the last byte was checked there are only files under an id that is no tenant's, and they go.
   */
  async take(source: AsyncIterable<Uint8Array>,
    { trusted = [], clone = false }: ImportOptions = {}): Promise<{ tenantId: string; orderId: string }> {
    const archive = await ArchiveReader.open(source, this.key, trusted, this.config.archiveGigabytes * GIGABYTE);
    this.assertReadable(archive.manifest);
    const cloneOf = clone ? archive.manifest.tenantId : undefined;
    const tenantId = clone ? newId() : archive.manifest.tenantId;
    const orderId = newId();
    return asTenant(tenantId, async () => {
      if (await this.taken()) throw new AppError('conflict', 'tenancy.tenant-exists',
        `Tenant ${tenantId} exists here already, so nothing was imported. Give --clone to make another tenant of the archive, with ids ` +
          `of its own.`);
      try {
        for await (const file of archive.files())
          await this.blobs.put(this.keyFor(file, tenantId, orderId, cloneOf), file.content, { maxBytes: file.bytes });
        await this.orders.give({ orderId, kind: 'import', ...(cloneOf !== undefined && { cloneOf }) });
      } catch (error) {
        if (!(await this.taken())) await this.blobs.deleteTenant(tenantId);
        throw error;
      }
      return { tenantId, orderId };
    });
  }

  progress(tenantId: string, orderId: string): Promise<DataOrderRow | undefined> {
    return asTenant(tenantId, () => this.orders.find(orderId));
  }

  /** A row of the tenant, or of an import that is under way, is there. */
  private async taken(): Promise<boolean> {
    const rows = await this.db.query('select 1 from tenancy.tenant union all select 1 from tenancy.data_order');
    return rows.length > 0;
  }

  private assertReadable({ contexts, files }: Manifest): void {
    for (const { context, schema } of contexts) {
      const owner = this.owners.find(({ name }) => name === context);
      const used = files.some(({ path, rows }) => path.startsWith(`rows/${context}.`) && rows !== 0);
      if (used && !owner) throw broken(`it holds rows of ${context}, which this Atoll does not have`);
      if (owner && schema !== '' && !owner.migrations.some(({ name }) => name === schema))
        throw broken(`it was made by a newer Atoll (${schema} is unknown here). Upgrade this one first`);
    }
    for (const { path } of files) {
      const [kind, name = ''] = path.split('/');
      const table = name.replace(/\.jsonl$/, '');
      const known = kind === 'rows' ? this.owners.some(({ dataMap }) => dataMap?.[table]?.life === 'moves')
        : this.owners.some(({ name: context, blobMap }) => context === name && blobMap?.[path.split('/')[2]!]?.life === 'moves');
      if (!known) throw broken(`it holds ${path}, which nothing here takes in`);
    }
  }

  private keyFor({ path }: ReadFile, tenantId: string, orderId: string, cloneOf: string | undefined): string {
    if (cloneOf === undefined || !path.startsWith('blobs/')) return fileKey(tenantId, orderId, path);
    const [, context, ...id] = path.split('/').map(decodeURIComponent);
    return keyOf(tenantId, context!, ...id.map((part) => (UUID.test(part) ? clonedId(part, cloneOf, tenantId) : part)));
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The end of an import that went well: the tenant opens, and contexts are told to make again what was not in the archive. */
@Injectable()
export class ImportCompletion {
  constructor(
    private readonly db: Db,
    private readonly audit: Audit,
    private readonly contexts: PrivacyRequests,
    private readonly orders: DataOrderService,
  ) {}

  async open({ id, parts }: DataOrderRow): Promise<void> {
    await this.db.query(`update tenancy.tenant set status = 'active', suspended_reason = null`);
    await this.orders.end(id);
    await this.contexts.tell(tenantArrived, { orderId: id });
    const rows = Object.values(parts).flatMap(({ tables }) => Object.values(tables)).reduce((sum, { after }) => sum + after, 0);
    await this.audit.note('tenancy.tenant.imported', { detail: { rows } });
  }
}
