import type pg from 'pg';
import { withClient } from '#platform/testing';
import type { Journal } from './journal.js';
import type { TalkingModel } from './model.js';
import type { Person } from './person.js';

/** What the checker looks at: what clients were told, what they can read now, and what the tables hold. */
export interface Evidence {
  journal: Journal;
  people: Person[];
  model: Pick<TalkingModel, 'served'>;
  admin: pg.ClientConfig;
  /** What clients can read is looked at from this round on; the tables always whole. */
  since: number;
}

/** One broken promise. `told` names the id and what was expected of it. */
export interface Violation {
  invariant: string;
  told: string;
}

export type Check = (evidence: Evidence) => Promise<string[]>;

/** Rows of all tenants, as the superuser. */
export function rows<T>({ admin }: Pick<Evidence, 'admin'>, sql: string, params: unknown[] = []): Promise<T[]> {
  return withClient(admin, async (client) => (await client.query(sql, params)).rows as T[]);
}

/** Does these a few at a time: the house is to be asked, not to be flooded. */
export async function few<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  await Promise.all(Array.from({ length: 6 }, async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  }));
}
