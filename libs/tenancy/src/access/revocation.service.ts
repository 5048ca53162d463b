import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { LocalEmitter } from '#platform/messaging';
import { current, newId } from '#platform/core';
import { subjectsEnded } from '#platform/http';

/**
 * Tells every process that something of the current tenant ended or changed: a session, a key, a member (role, suspension, removal), the
 * tenant itself. Whoever changes one of them calls this in the same transaction; cached credentials and open streams follow.
 */
@Injectable()
export class RevocationService {
  constructor(
    private readonly db: Db,
    private readonly emitter: LocalEmitter,
  ) {}

  /** In this process it is heard right after the commit, in others within 2 seconds; without it, cached credentials live on for 5. */
  async note(...subjects: string[]): Promise<void> {
    if (subjects.length === 0) return;
    await this.db.query(
      `insert into tenancy.revocation (tenant_id, id, subject) select $1, id, subject from unnest($2::uuid[], $3::uuid[]) as notice ` +
        `(id, subject)`,
      [current().tenantId, subjects.map(() => newId()), subjects],
    );
    this.db.afterCommit(() => this.emitter.emit(subjectsEnded, subjects));
  }

  /** Of all tenants: ids that say nothing to who does not hold them. */
  ended(seconds: number): Promise<{ id: string; subject: string }[]> {
    return this.db.systemQuery<{ id: string; subject: string }>(
      'which sessions, keys, members and tenants ended',
      `select id, subject from tenancy.revocation where at > clock_timestamp() - make_interval(secs => $1)`,
      [Math.min(seconds, 300)],
    );
  }
}
