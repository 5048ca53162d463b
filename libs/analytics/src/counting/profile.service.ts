import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { current, dayIn } from '#platform/core';

/** What analytics knows of a tenant by itself, so that counting asks nobody. */
@Injectable()
export class ProfileService {
  constructor(private readonly db: Db) {}

  async know(timeZone: string): Promise<void> {
    await this.db.query(
      'insert into analytics.profile (tenant_id, time_zone) values ($1, $2) on conflict (tenant_id) do update set time_zone = ' +
        'excluded.time_zone',
      [current().tenantId, timeZone],
    );
  }

  /** UTC for a tenant whose creation has not arrived yet. */
  async timeZone(): Promise<string> {
    const [profile] = await this.db.query<{ timeZone: string }>('select time_zone as "timeZone" from analytics.profile');
    return profile?.timeZone ?? 'UTC';
  }

  async dayOf(time: Date): Promise<string> {
    return dayIn(await this.timeZone(), time);
  }
}
