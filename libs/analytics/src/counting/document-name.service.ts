import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { current } from '#platform/core';

/** Names of documents as they were last seen, so that a report still reads after a document was removed. */
@Injectable()
export class DocumentNameService {
  constructor(private readonly db: Db) {}

  async seen(documents: { id: string; name: string }[]): Promise<void> {
    if (documents.length === 0) return;
    const names = new Map(documents.map(({ id, name }) => [id, name]));
    const ids = [...names.keys()].sort();
    await this.db.query(
      `insert into analytics.document as known (tenant_id, id, name) select $1, given.id, given.name from unnest($2::uuid[],
      $3::text[]) as given (id, name)
       on conflict (tenant_id, id) do update set name = excluded.name where known.name <> excluded.name`,
      [current().tenantId, ids, ids.map((id) => names.get(id))],
    );
  }
}
