import type { OnApplicationShutdown } from '@nestjs/common';
import type { Db } from './db.js';

/** The databases of this process, opened, migrated and proven before anything else starts. Hands each context its own `Db`. */
export abstract class Databases implements OnApplicationShutdown {
  /** The `Db` of a hosted context; 'kernel' is the platform's own in the main database. */
  abstract of(context: string): Db;
  /** The platform's `Db` in each database: with database per service every one has its own outbox and its own inbox. */
  abstract platformDbs(): Db[];
  /** How to open a connection outside the pool as the login role, without role or tenant: for a lock that is held for long. */
  abstract connection(context: string): ConnectionFacts;
  abstract close(): Promise<void>;

  /** One system statement on the platform's tables of each database: all rows that come back, those of the main one first. */
  async everywhere<R>(reason: string, text: string, params: unknown[] = []): Promise<R[]> {
    const rows: R[] = [];
    for (const db of this.platformDbs()) rows.push(...(await db.systemQuery<R>(reason, text, params)));
    return rows;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}

/** For `new pg.Client(config)`. */
export interface ConnectionFacts {
  config: import('pg').ClientConfig;
  embedded: boolean;
  /** False through a pooler of transactions, where nothing outlives one: no lock of a session. */
  keepsSession: boolean;
}
