import { Injectable } from '@nestjs/common';
import { ExportService } from './archive/export.service.js';
import { ImportService } from './archive/import.service.js';
import { DeletionService } from './erasure/deletion.service.js';
import { ErasureService } from './erasure/erasure.service.js';
import { LastSteps } from './erasure/last-steps.service.js';
import { Reapply } from './person/reapply.service.js';

/**
 * What an operator does with whole tenants, for the command line: behind the module's door, for archives are streams and no contract
 * carries one.
 */
@Injectable()
export class TenantLife {
  constructor(
    readonly exports: ExportService,
    readonly imports: ImportService,
    readonly deletion: DeletionService,
    readonly erasures: ErasureService,
    /** `work()` does what is due, as its schedule does each minute. */
    readonly steps: LastSteps,
    /** `run()` after a restore of the database: what had been erased goes again. */
    readonly reapply: Reapply,
  ) {}
}
