import { contract } from '#platform/core';

export interface Entry {
  id: string;
  text: string;
  /** ISO 8601, UTC. */
  createdAt: string;
}

/** What {{name}} is for, in a sentence. The tenant is always the caller's own. */
export abstract class {{Name}} {
  /** Stores an entry under the caller's id. Repeating an id changes nothing and returns what is stored. */
  abstract add(entry: { id: string; text: string }): Promise<Entry>;

  /** Newest first. */
  abstract latest(ask: { limit: number }): Promise<Entry[]>;
}

export const {{name}}Contract = contract('{{name}}', {{Name}}, { add: 'command', latest: 'query' });
