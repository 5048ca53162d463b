import { Injectable } from '@nestjs/common';
import { current } from '#platform/core';
import type { AuditVerdict } from '../../contract.js';
import { AuditService } from './audit.service.js';
import { ChainWalk, type ChainFault } from './chain.js';
import { CheckpointService } from './checkpoint.service.js';

/** Tells whether the current tenant's chain is whole, against itself, its head and the checkpoints outside of the database. */
@Injectable()
export class AuditVerifier {
  constructor(
    private readonly audit: AuditService,
    private readonly checkpoints: CheckpointService,
  ) {}

  async verify(): Promise<AuditVerdict> {
    const { tenantId } = current();
    const seen = await this.checkpoints.witnessed();
    const walk = ChainWalk.from(tenantId, undefined, (sequence) => seen.hashes.get(sequence));
    const fault = earliest(await this.walked(walk, seen.upTo), seen.fault);
    return { tenantId, whole: !fault, entries: walk.length, witnessed: seen.upTo, witnessedAt: seen.at, firstBad: fault ?? null };
  }

  /** Entries may be appended meanwhile: they are walked too, until the head and the walk agree. */
  private async walked(walk: ChainWalk, witnessed: number): Promise<ChainFault | undefined> {
    for (;;) {
      const before = walk.length;
      for await (const entry of this.audit.all({}, before)) {
        const fault = walk.step(entry);
        if (fault) return fault;
      }
      const { sequence, hash } = (await this.audit.end()) ?? { sequence: 0, hash: '' };
      const next = walk.length + 1;
      if (sequence < walk.length) return { sequence: sequence + 1, what: 'was not written by Atoll: the chain ends before it' };
      if (sequence === walk.length && hash !== walk.hash) return { sequence, what: 'is not the last one that Atoll wrote' };
      if (sequence > walk.length && walk.length > before) continue;
      if (Math.max(sequence, witnessed) > walk.length)
        return { sequence: next, what: `is missing: the chain went on to ${Math.max(sequence, witnessed)}` };
      return undefined;
    }
  }
}

function earliest(...faults: (ChainFault | undefined)[]): ChainFault | undefined {
  return faults.filter((one) => one !== undefined).sort((a, b) => a.sequence - b.sequence)[0];
}
