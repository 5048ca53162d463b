/** One hand-written step of a context's schema, never edited after it was merged. */
export interface Migration {
  /** `<context>/<nnnn>-<words>`: order inside a context, and the key under which it is recorded. */
  name: string;
  /** Statements in order, Postgres 15 SQL; a function where they depend on what the server can do. */
  up: string[] | ((server: ServerFacts) => string[]);
  /** Set on a contracting step (a dropped column, a new NOT NULL): programs that do not know it refuse to run on the schema after it. */
  breaking?: boolean;
}

export interface ServerFacts {
  /** Postgres major version. */
  version: number;
  embedded: boolean;
  /** Whether the `vector` type (pgvector) was there when this database was first migrated; the schema was built on that. */
  vector: boolean;
}

/** Everything one context brings to a database. */
export interface SchemaOwner {
  name: string;
  migrations: Migration[];
}
