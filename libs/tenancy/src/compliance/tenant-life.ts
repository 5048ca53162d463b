import { Injectable } from '@nestjs/common';
import type { DataOrderRow } from './archive/data-order.service.js';
import { type Export, ExportService } from './archive/export.service.js';
import { type ImportOptions, ImportService } from './archive/import.service.js';
import { DeletionService } from './erasure/deletion.service.js';
import { Reapply } from './person/reapply.service.js';
import { LastSteps } from './erasure/last-steps.service.js';
import { type Erasure, ErasureService } from './erasure/erasure.service.js';

/** What an operator does with whole tenants, for the command line: behind the module's door, for archives are streams and no contract carries one. */
@Injectable()
export class TenantLife {
  constructor(
    private readonly exports: ExportService,
    private readonly imports: ImportService,
    private readonly deletion: DeletionService,
    private readonly erasures: ErasureService,
    private readonly steps: LastSteps,
    private readonly again: Reapply,
  ) {}

  get archiveKey(): string {
    return this.imports.publicKey;
  }

  /** Of the running tenant. */
  export(): Promise<Export> {
    return this.exports.ask();
  }

  /** Of the running tenant. */
  exportState(id: string): Promise<Export> {
    return this.exports.get(id);
  }

  /** Of the running tenant: the archive of a finished export. */
  async archive(id: string): Promise<AsyncIterable<Uint8Array>> {
    return (await this.exports.archive(id)).content;
  }

  import(archive: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<{ tenantId: string; orderId: string }> {
    return this.imports.take(archive, options);
  }

  importState(tenantId: string, orderId: string): Promise<DataOrderRow | undefined> {
    return this.imports.progress(tenantId, orderId);
  }

  /** Of the running tenant. */
  delete(options: { now: boolean }): Promise<Erasure> {
    return this.deletion.order(options);
  }

  /** Of the running tenant. */
  keep(): Promise<boolean> {
    return this.deletion.keep();
  }

  erasure(tenantId: string): Promise<Erasure | undefined> {
    return this.erasures.of(tenantId);
  }

  /** Works on every erasure that is due, as the schedule does each minute. */
  eraseDue(): Promise<void> {
    return this.steps.work();
  }

  /** After a restore of the database: what had been erased goes again. */
  reapplyErasures(): Promise<{ persons: number; tenants: number }> {
    return this.again.run();
  }
}
