/** One hand-written step of a context's schema, never edited after it was merged. */
export interface Migration {
  /** `<context>/<nnnn>-<words>`: order inside a context, and the key under which it is recorded. */
  name: string;
  /** Statements in order, Postgres 15 SQL; a function where they depend on what the server can do. */
  up: string[] | ((server: ServerFacts) => string[]);
}

export interface ServerFacts {
  /** Postgres major version. */
  version: number;
  embedded: boolean;
  /** Whether the `vector` type (pgvector) exists in this database. */
  vector: boolean;
}
