import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { current } from '#platform/core';

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

const formats = new Map<string, Intl.DateTimeFormat>();

/** The ISO day of a moment in a time zone, by the platform's own zone data: databases differ in which names they know. */
export function dayIn(timeZone: string, at: Date): string {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formats.set(timeZone, format);
  }
  return format.format(at);
}
