import { Injectable } from '@nestjs/common';
import { current } from '#platform/core';
import { Db, type Page, paged, type PageQuery } from '#platform/database';
import type { Entry } from '../contract.js';
import { tooManyEntries } from '../errors.js';
import { {{Name}}Config } from '../{{name}}.config.js';
import { EntryRow } from './entry.entity.js';

@Injectable()
export class EntryService {
  constructor(
    private readonly db: Db,
    private readonly config: {{Name}}Config,
  ) {}

  async add({ id, text }: { id: string; text: string }): Promise<Entry> {
    const { tenantId } = current();
    return this.db.tx(async () => {
      const entries = this.db.repo(EntryRow);
      const known = await entries.findOneBy({ tenantId, id });
      if (known) return toEntry(known);
      if ((await entries.countBy({ tenantId })) >= this.config.maxEntries) throw tooManyEntries(this.config.maxEntries);
      const row: EntryRow = { tenantId, id, text, createdAt: new Date() };
      await entries.insert(row);
      return toEntry(row);
    });
  }

  async latest(limit: number): Promise<Entry[]> {
    const where = { tenantId: current().tenantId };
    const rows = await this.db.repo(EntryRow).find({ where, order: { createdAt: 'DESC', id: 'DESC' }, take: limit });
    return rows.map(toEntry);
  }

  list(page: PageQuery): Promise<Page<Entry>> {
    const all = this.db.repo(EntryRow).createQueryBuilder('e').where('e.tenantId = :tenant', { tenant: current().tenantId });
    return paged(all, page, toEntry, { createdAt: 'DESC', id: 'DESC' });
  }
}

function toEntry({ id, text, createdAt }: EntryRow): Entry {
  return { id, text, createdAt: createdAt.toISOString() };
}
