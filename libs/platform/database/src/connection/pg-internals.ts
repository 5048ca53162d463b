import pg from 'pg';

/**
 * The parts of pg's client that its types leave out and the wall stands on. They are the extension points pg-cursor and pg-query-stream
 * use too; the wall's proofs fail when an upgrade moves one.
 */
export interface WireConnection {
  stream: NodeJS.WritableStream & { cork(): void; uncork(): void; destroy(error?: Error): void };
  parsedStatements: Record<string, string>;
  parse(statement: { name: string; text: string }): void;
  bind(statement: { statement: string; values?: unknown[] }): void;
  execute(): void;
  close(target: { type: 'S'; name: string }): void;
  sync(): void;
  on(event: 'readyForQuery', listener: () => void): void;
}

/** How pg talks to a query object that was handed to `client.query()`. */
interface WireQuery {
  submit(connection: WireConnection): Error | null;
  handleReadyForQuery(connection: WireConnection): void;
  handleError(error: Error, connection: WireConnection): void;
}

/** pg.Query with the methods it has and does not declare. */
export interface WireQueryBase extends WireQuery {
  name?: string;
  values?: unknown[];
  callback: (error: Error | null, result?: pg.QueryResult) => void;
  prepare(connection: WireConnection): void;
  handleDataRow(message: { fields: (string | null)[] }): void;
  handleCommandComplete(message: unknown, connection: WireConnection): void;
}

export const WireQueryBase = pg.Query as unknown as new (text: string, values: unknown[]) => WireQueryBase;

/** Text, Buffer or null for each value, by pg's own rules. Throws on what cannot be sent: before the connection is touched. */
export function wireValues(values: unknown[]): unknown[] {
  return values.map((value) => (pg as unknown as { utils: { prepareValue(value: unknown): unknown } }).utils.prepareValue(value));
}
