import { Injectable } from '@nestjs/common';
import { Blobs } from '#platform/adapters';
import { keyOf } from '#platform/core';

/** Of no tenant: what it holds outlives them. */
const NOBODY = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const FOLDER = 'erased';

export interface Erased {
  tenantId: string;
  /** None: the whole tenant. */
  personId?: string;
}

/**
 * Who was erased, as ids and nothing else, beside the database: a backup of the database that is restored brings back rows, and this tells
 * which of them have to go again. Restoring a database leaves this folder as it is.
 */
@Injectable()
export class ErasureLedger {
  constructor(private readonly blobs: Blobs) {}

  async keep({ tenantId, personId }: Erased): Promise<void> {
    await this.blobs.put(keyFor(tenantId, personId), Buffer.from(JSON.stringify({ tenantId, personId, at: new Date().toISOString() })));
  }

  /** An operator has imported the tenant on purpose. */
  async strike(tenantId: string): Promise<void> {
    await this.blobs.delete(keyFor(tenantId));
  }

  async *all(): AsyncGenerator<Erased> {
    for await (const { id } of this.blobs.list(NOBODY, 'tenancy')) {
      const [folder, tenantId, personId] = id;
      if (folder === FOLDER && tenantId) yield { tenantId, ...(personId && personId !== WHOLE && { personId }) };
    }
  }
}

const WHOLE = 'whole';

function keyFor(tenantId: string, personId = WHOLE): string {
  return keyOf(NOBODY, 'tenancy', FOLDER, tenantId, personId);
}
