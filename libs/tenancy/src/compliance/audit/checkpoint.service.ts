import { Injectable } from '@nestjs/common';
import { AppError, current, logger, scopedKey, Secrets } from '#platform/core';
import { Blobs } from '#platform/adapters';
import { Cron, type Tick } from '#platform/messaging';
import { Db } from '#platform/database';
import { asTenant } from '../../access/as-tenant.js';
import { AuditService } from './audit.service.js';
import { canonical } from '../../access/canonical-json.js';
import { ChainWalk, type ChainFault, type StoredEntry } from './chain.js';

const PURPOSE = 'tenancy.audit-checkpoint';
const LATEST = 'latest';
/** Bounds one checkpoint: 700 KB of hashes. */
const MOST_HASHES = 10_000;
const TENANTS_AT_ONCE = 500;

/** What stood in the chain, kept outside of the database: the hash of every entry from `from` to `to`. */
interface Checkpoint {
  tenantId: string;
  from: number;
  to: number;
  hashes: string[];
  /** When it was taken. */
  at: string;
}

interface SignedCheckpoint extends Checkpoint {
  signature: string;
}

export interface Witnessed {
  /** 0 where no checkpoint was taken yet. */
  upTo: number;
  at: string | null;
  hashes: Map<number, string>;
  /** A checkpoint that is missing or was not signed by this deployment. */
  fault?: ChainFault;
}

const log = logger('tenancy');

/**
 * Signed checkpoints beside the database (in the blobs), taken every minute: who can write the table cannot write these, so they tell when
 * a whole chain was cut, deleted or written anew. Each one is a blob named by its last sequence; `latest` repeats the newest.
 */
@Injectable()
export class CheckpointService {
  constructor(
    private readonly db: Db,
    private readonly blobs: Blobs,
    private readonly secrets: Secrets,
    private readonly audit: AuditService,
  ) {}

  /** For every tenant whose chain has grown. What does not follow from the checkpoint before is left as it is, and told in the log. */
  @Cron('tenancy.checkpoint-audit', '* * * * *', { timeoutMs: 300_000 })
  async takeAll({ signal }: Partial<Pick<Tick, 'signal'>> = {}): Promise<void> {
    for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
      const grown = await this.db.systemQuery<{ id: string }>(
        'audit chains that have grown',
        'select tenant_id as id from tenancy.audit_head where sequence > noted and tenant_id > $1 order by tenant_id limit $2',
        [after, TENANTS_AT_ONCE],
      );
      for (const { id } of grown) {
        if (signal?.aborted) return;
        await asTenant(id, () => this.take());
      }
      if (grown.length < TENANTS_AT_ONCE) return;
      after = grown.at(-1)!.id;
    }
  }

  /** The next checkpoint of the current tenant. */
  async take(): Promise<void> {
    const { tenantId } = current();
    const last = await this.latest();
    const entries: StoredEntry[] = [];
    for await (const entry of this.audit.all({}, last?.to ?? 0)) if (entries.push(entry) === MOST_HASHES) break;
    const walk = ChainWalk.from(tenantId, { sequence: last?.to ?? 0, hash: last?.hashes.at(-1) ?? '' });
    const fault = entries.map((entry) => walk.step(entry)).find((one) => one !== undefined);
    if (fault) return void log.error({ tenantId, ...fault },
      'an audit chain does not follow from its last checkpoint: somebody changed it. No checkpoint was taken; run npm run atoll -- ' +
        'audit verify');
    if (entries.length === 0) return;
    const checkpoint: Checkpoint = { tenantId, from: entries[0]!.sequence, to: entries.at(-1)!.sequence,
      hashes: entries.map(({ hash }) => hash), at: new Date().toISOString() };
    const bytes = Buffer.from(
      canonical({ ...checkpoint, signature: this.secrets.sign(PURPOSE, canonical(checkpoint)) } satisfies SignedCheckpoint));
    await this.blobs.put(keyOfCheckpoint(checkpoint.to), bytes);
    await this.blobs.put(keyOfCheckpoint(LATEST), bytes);
    await this.db.query('update tenancy.audit_head set noted = $2 where tenant_id = $1', [tenantId, checkpoint.to]);
  }

  /** Everything the checkpoints of the current tenant have seen, newest first back to the first entry. */
  async witnessed(): Promise<Witnessed> {
    const seen: Witnessed = { upTo: 0, at: null, hashes: new Map() };
    for (let name: number | string = LATEST; name !== 0;) {
      const checkpoint = await this.read(name);
      if (checkpoint === 'none' && name === LATEST) return seen;
      if (typeof checkpoint === 'string') return { ...seen,
        fault: { sequence: typeof name === 'number' ? name : 1,
          what: checkpoint === 'none' ? 'is where a checkpoint ended that is gone'
            : 'stands in a checkpoint that this deployment did not sign' } };
      if (name === LATEST) Object.assign(seen, { upTo: checkpoint.to, at: checkpoint.at });
      checkpoint.hashes.forEach((hash, at) => seen.hashes.set(checkpoint.from + at, hash));
      name = checkpoint.from - 1;
    }
    return seen;
  }

  private async latest(): Promise<Checkpoint | undefined> {
    const checkpoint = await this.read(LATEST);
    if (checkpoint === 'none') return undefined;
    if (checkpoint === 'forged') throw new AppError('internal', 'tenancy.audit-checkpoint',
      'The last checkpoint of an audit log was not signed by this deployment, so no new one was taken. If ATOLL_SECRET was changed, set ' +
        'the former one as ATOLL_SECRET_PREVIOUS.');
    return checkpoint;
  }

  private async read(name: number | string): Promise<Checkpoint | 'none' | 'forged'> {
    const key = keyOfCheckpoint(name);
    if ((await this.blobs.size(key)) === undefined) return 'none';
    try {
      const { signature, ...checkpoint } = JSON.parse((await this.blobs.get(key)).toString()) as SignedCheckpoint;
      const genuine = checkpoint.tenantId === current().tenantId && (name === LATEST || checkpoint.to === name) &&
        this.secrets.verify(PURPOSE, canonical(checkpoint), signature);
      return genuine ? checkpoint : 'forged';
    } catch (error) {
      if (error instanceof SyntaxError) return 'forged';
      throw error;
    }
  }
}

function keyOfCheckpoint(name: number | string): string {
  return scopedKey('tenancy', 'audit', String(name));
}
