import { type WireConnection, WireQueryBase } from './pg-internals.js';
import type { DbScope } from './db-scope.js';

/** Names of the two statements every connection prepares when it is opened. */
const BEGIN = 'atoll_begin';
const SCOPE = 'atoll_scope';

interface ScopeOptions {
  /** Milliseconds of `statement_timeout` and `idle_in_transaction_session_timeout`, where the connection has none of its own. */
  statement?: number;
  idle?: number;
  /** Mends what somebody left on a connection that many share, once the transaction commits. */
  clean?: boolean;
}

/**
 * The wall's own statement. It first tells what the connection was left with (a clean one says none and nothing), then puts role and
 * tenant in place until the end of the transaction, then tells who it runs as. Columns of a target list are evaluated from left to right.
 */
export function scopeSql({ statement, idle, clean }: ScopeOptions = {}): string {
  const limits = statement === undefined ? []
    : [`set_config('statement_timeout', '${statement}', true)`, `set_config('idle_in_transaction_session_timeout', '${idle}', true)`];
  const mend = clean ? [`set_config('role', 'none', false)`, `set_config('app.tenant_id', '', false)`] : [];
  return `select ${[`current_setting('role')`, `current_setting('app.tenant_id', true)`, ...mend, ...limits, `set_config('role', $1, true)`,
    `set_config('app.tenant_id', $2, true)`, 'current_user'].join(', ')}`;
}

/** How the wall's statements get to the server. */
export interface Wall {
  scope: string;
  /** Once per connection under a name; else with each statement, for a pooler that takes another connection for each transaction. */
  prepared: boolean;
}

export const PLAIN_WALL: Wall = { scope: scopeSql(), prepared: true };

/** What goes ahead of a statement in the same round trip: nothing inside an open transaction. */
export interface Opening {
  begin: boolean;
  scope: DbScope;
}

export interface StatementText {
  text: string;
  /** Already in wire form. */
  values: unknown[];
  /** Prepared under this name; parsed by the server once per connection. */
  name?: string;
  /** Names of prepared statements to forget on the way. */
  forget: string[];
}

/** What the server said about the connection while it took the scope. */
interface Proof {
  /** Nothing was left over from whoever had the connection before. */
  clean: boolean;
  /** The statement ran as the role it was meant for. */
  as: boolean;
}

/**
 * One statement with its tenant and role, all before one Sync: everything between two Syncs is one implicit transaction, so the settings
 * hold for exactly this statement (or, after BEGIN, for the transaction), and no statement is on the wire without them.
 */
export class ScopedQuery extends WireQueryBase {
  readonly proof: Proof = { clean: true, as: true };
  /** Command tags of the opening that are still to come. */
  private ahead: number;

  constructor(private readonly statement: StatementText, private readonly opening: Opening | undefined, private readonly wall: Wall) {
    super(statement.text, statement.values);
    this.name = statement.name;
    this.ahead = opening ? (opening.begin ? 2 : 1) : 0;
    if (opening) this.proof.as = false;
  }

  /** All messages of the round trip leave in one write: in pieces they cost the system, and the embedded engine, more than their bytes. */
  override submit(connection: WireConnection): null {
    const gathered = gather(connection);
    for (const name of this.statement.forget) {
      gathered.close({ type: 'S', name });
      delete connection.parsedStatements[name];
    }
    if (this.opening) this.open(gathered, this.opening);
    this.prepare(gathered);
    connection.stream.write(Buffer.concat(gathered.parts));
    return null;
  }

  private open(connection: WireConnection, { begin, scope }: Opening): void {
    if (begin) this.send(connection, BEGIN, 'begin');
    this.send(connection, SCOPE, this.wall.scope, [scope.role, scope.tenantId]);
  }

  private send(connection: WireConnection, name: string, text: string, values?: string[]): void {
    const statement = this.wall.prepared ? name : '';
    if (!this.wall.prepared) connection.parse({ name: '', text });
    connection.bind({ statement, values });
    connection.execute();
  }

  override handleDataRow(message: { fields: (string | null)[] }): void {
    if (this.ahead === 0) return super.handleDataRow(message);
    const [role, tenant] = message.fields;
    const user = message.fields.at(-1);
    this.proof.clean = role === 'none' && !tenant;
    this.proof.as = user === this.opening!.scope.role;
  }

  override handleCommandComplete(message: unknown, connection: WireConnection): void {
    if (this.ahead > 0) this.ahead--;
    else super.handleCommandComplete(message, connection);
  }

  /** Always the extended protocol: one statement per query, whatever the text holds. */
  requiresPreparation(): boolean {
    return true;
  }
}

/** Prepares the wall's two statements on a new connection, in one round trip. */
export class Prepare {
  constructor(private readonly scope: string, private readonly done: (error?: Error) => void) {}

  submit(connection: WireConnection): null {
    connection.stream.cork();
    connection.parse({ name: BEGIN, text: 'begin' });
    connection.parse({ name: SCOPE, text: this.scope });
    connection.sync();
    connection.stream.uncork();
    return null;
  }

  handleReadyForQuery(): void {
    this.done();
  }

  handleError(error: Error): void {
    this.done(error);
  }
}

/** The connection with its messages held back. */
function gather(connection: WireConnection): WireConnection & { parts: Buffer[] } {
  const parts: Buffer[] = [];
  return Object.assign(Object.create(connection) as WireConnection, { parts, _send: (message: Buffer) => parts.push(message) });
}
