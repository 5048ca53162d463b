import { Inject, Injectable } from '@nestjs/common';
import { Databases } from '#platform/database';
import { BestEffortRedis } from '#platform/transport';
import type { PrivacyRequestPart } from './privacy-requests.js';

const TABLES = ['kernel.idempotency', 'kernel.inbox', 'kernel.delivery', 'kernel.tenant_parking'];
const AT_ONCE = 2_000;
const SCAN_COUNT = 1_000;

/** All but what the erasure itself is carried by. */
const QUEUED = `name not like '%data-order%'`;

/** Ends what the platform keeps of a tenant: queued work, records of handled work, kept answers, and keys in Redis. */
@Injectable()
export class PlatformEraser {
  constructor(
    @Inject(Databases) private readonly databases: Databases,
    private readonly live: BestEffortRedis,
  ) {}

  /** Drops all events and jobs of a tenant, also running ones: those lose their claim, and keep nothing that they do from now on. */
  async silence(tenantId: string): Promise<void> {
    await this.delete('kernel.delivery', tenantId, QUEUED);
  }

  async erase(tenantId: string): Promise<PrivacyRequestPart['tables']> {
    const tables: PrivacyRequestPart['tables'] = {};
    for (const table of TABLES) {
      const before = await this.count(table, tenantId);
      if (before > 0) await this.delete(table, tenantId);
      tables[table] = { before, after: before > 0 ? await this.count(table, tenantId) : 0 };
    }
    return tables;
  }

  /** Undefined where Redis is there and did not answer. Keys hold nothing but counters that end by themselves. */
  async eraseRedis(tenantId: string): Promise<{ before: number; after: number } | undefined> {
    if (!this.live.configured) return { before: 0, after: 0 };
    let before = 0;
    for (let cursor = '0'; ;) {
      const page = await this.live.ask(async (redis) => {
        const [next, keys] = await redis.scan(cursor, 'MATCH', `atoll:*{${tenantId}/*`, 'COUNT', SCAN_COUNT);
        if (keys.length > 0) await redis.unlink(...keys);
        return { next, found: keys.length };
      });
      if (!page) return undefined;
      before += page.found;
      cursor = page.next;
      if (cursor === '0') return { before, after: 0 };
    }
  }

  private async count(table: string, tenantId: string): Promise<number> {
    const counts = await this.databases.everywhere<{ n: string }>('counts what the platform keeps of a tenant that is erased',
      `select count(*) as n from ${table} where tenant_id = $1`, [tenantId]);
    return counts.reduce((sum, { n }) => sum + Number(n), 0);
  }

  private async delete(table: string, tenantId: string, where = 'true'): Promise<void> {
    for (const db of this.databases.platformDbs()) {
      for (let gone: unknown[] = []; ;) {
        gone = await db.systemQuery('erases what the platform keeps of a tenant',
          `delete from ${table} where tenant_id = $1 and ctid = any (array(select ctid from ${table} where tenant_id = $1 and ` +
            `${where} limit ${AT_ONCE})) returning true`, [tenantId]);
        if (gone.length < AT_ONCE) break;
      }
    }
  }
}
