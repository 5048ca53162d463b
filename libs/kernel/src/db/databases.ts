import type { Db } from './db.js';

/** The databases of this process, opened, migrated and proven before anything else starts. Hands each context its own `Db`. */
export abstract class Databases {
  abstract of(context: string): Db;
  abstract close(): Promise<void>;
}
