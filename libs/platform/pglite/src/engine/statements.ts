import { FRONTEND, message, readText } from '../wire.js';

/** A prepared statement of the engine, used by every connection that prepared the same text with the same parameter types. */
interface SharedStatement {
  name: string;
  /** SQL text, a zero byte, the parameter types: as they stand in the Parse message. */
  key: string;
  users: number;
}

/** A Parse whose outcome the reply will tell. */
interface PendingParse {
  name: string;
  statement: SharedStatement;
}

interface Translated {
  bytes: Buffer;
  parses: PendingParse[];
  /** Text of the last statement the group runs, for the log: its bytes, or the latin1 string that holds them. */
  sql: Buffer | string;
}

export type StatementNames = Map<string, SharedStatement>;

/**
 * All connections share one engine session, hence one namespace of prepared statements. Names are translated per connection, and equal
 * statements are prepared once: ten pooled connections with 500 statements each hold 500 plans, not 5,000. A Parse that finds its statement
 * prepared is replaced by the Parse of an empty text, which answers the ParseComplete the client waits for at the right place.
 */
export class SharedStatements {
  readonly #byKey = new Map<string, SharedStatement>();
  /** Whose unnamed statement the engine holds. Anyone else's Bind to it must fail, not run another connection's SQL. */
  #unnamedOwner?: StatementNames;
  #made = 0;

  get size(): number {
    return this.#byKey.size;
  }

  /** `group` in the engine's names; registers what it parses and forgets what it closes. */
  translate(names: StatementNames, group: Buffer): Translated {
    const parts: Buffer[] = [];
    const parses: PendingParse[] = [];
    let sql: Translated['sql'] = '';
    let from = 0;
    const replace = (at: number, end: number, type: number, ...body: Buffer[]): void => {
      if (from < at) parts.push(group.subarray(from, at));
      parts.push(message(type, Buffer.concat(body)));
      from = end;
    };
    for (let at = 0; at < group.length; ) {
      const end = at + 1 + group.readInt32BE(at + 1);
      const type = group[at]!;
      if (type === FRONTEND.query) sql = group.subarray(at + 5, end - 1);
      else if (type === FRONTEND.parse && group[at + 5] === 0) {
        this.#unnamedOwner = names;
        sql = group.subarray(at + 6, end);
      } else if (type === FRONTEND.parse) {
        const name = readText(group, at + 5);
        const tail = at + 5 + Buffer.byteLength(name) + 1;
        const key = group.toString('latin1', tail, end);
        const known = this.#byKey.get(key);
        if (names.has(name)) {
          // A second Parse under a name in use is the client's error, and the engine says so.
          replace(at, end, type, nameOf(names.get(name)), group.subarray(tail, end));
        } else {
          const statement = known ?? this.#add(key);
          statement.users++;
          names.set(name, statement);
          parses.push({ name, statement });
          if (known) this.#unnamedOwner = undefined;
          replace(at, end, type, ...(known ? [EMPTY_PARSE] : [nameOf(statement), group.subarray(tail, end)]));
        }
      } else if (type === FRONTEND.bind) {
        const portalEnd = group.indexOf(0, at + 5) + 1;
        if (group[portalEnd] !== 0 || this.#unnamedOwner !== names) {
          const name = readText(group, portalEnd);
          const tail = portalEnd + Buffer.byteLength(name) + 1;
          const statement = names.get(name);
          sql = statement?.key ?? '';
          replace(at, end, type, group.subarray(at + 5, portalEnd), nameOf(statement), group.subarray(tail, end));
        }
      } else if ((type === FRONTEND.describe || type === FRONTEND.close) && group[at + 5] === STATEMENT &&
        (group[at + 6] !== 0 || this.#unnamedOwner !== names)) {
        const name = readText(group, at + 6);
        const statement = names.get(name);
        const stays = type === FRONTEND.close && statement !== undefined && !this.#release(names, name);
        replace(at, end, type, STATEMENT_BYTE, nameOf(stays ? undefined : statement));
      }
      at = end;
    }
    if (parts.length === 0) return { bytes: group, parses, sql };
    if (from < group.length) parts.push(group.subarray(from));
    return { bytes: Buffer.concat(parts), parses, sql };
  }

  /** The first `succeeded` of a group's parses took place; the others never reached the engine. */
  settle(names: StatementNames, parses: PendingParse[], succeeded: number): void {
    for (const { name } of parses.slice(succeeded)) this.#release(names, name);
  }

  /**
   * A plan no longer fits its table ("cached plan must not change result type"): whoever prepares these texts from now on gets new
   * statements. Those who hold the old ones are told the same, and close them.
   */
  retire(names: StatementNames, group: Buffer): void {
    for (const statement of boundBy(names, group)) {
      if (this.#byKey.get(statement.key) === statement) this.#byKey.delete(statement.key);
    }
  }

  /** Forgets a connection's statements and gives the messages that free those nobody else uses. */
  releaseAll(names: StatementNames): Buffer[] {
    const freed: Buffer[] = [];
    for (const [name, statement] of [...names]) {
      if (this.#release(names, name)) freed.push(message(FRONTEND.close, Buffer.concat([STATEMENT_BYTE, nameOf(statement)])));
    }
    return freed;
  }

  /** The messages that prepare everything anew, after the engine dropped all of it (DISCARD ALL). */
  restore(): Buffer[] {
    return [...this.#byKey.values()].map((statement) =>
      message(FRONTEND.parse, Buffer.concat([nameOf(statement), Buffer.from(statement.key, 'latin1')])));
  }

  #add(key: string): SharedStatement {
    const statement = { name: `atoll-${++this.#made}`, key, users: 0 };
    this.#byKey.set(key, statement);
    return statement;
  }

  /** True when that was the last user. */
  #release(names: StatementNames, name: string): boolean {
    const statement = names.get(name);
    if (!statement) return false;
    names.delete(name);
    if (--statement.users > 0) return false;
    if (this.#byKey.get(statement.key) === statement) this.#byKey.delete(statement.key);
    return true;
  }
}

const STATEMENT = 0x53; // S
const STATEMENT_BYTE = Buffer.from([STATEMENT]);
/** Unnamed, no text, no parameter types. */
const EMPTY_PARSE = Buffer.alloc(4);

/** An unknown name becomes one that no statement has, and the engine answers 26000 "does not exist". */
function nameOf(statement: SharedStatement | undefined): Buffer {
  return Buffer.from(`${statement?.name ?? 'unknown to this connection'}\0`);
}

/** The SQL texts a group runs: of simple queries, of its Parse messages and of the named statements it binds. */
export function textsOf(names: StatementNames, group: Buffer): string[] {
  const texts = boundBy(names, group).map(({ key }) => Buffer.from(key.slice(0, key.indexOf('\0')), 'latin1').toString('utf8'));
  for (let at = 0; at < group.length; at += 1 + group.readInt32BE(at + 1)) {
    if (group[at] === FRONTEND.query) texts.push(readText(group, at + 5));
    else if (group[at] === FRONTEND.parse) texts.push(readText(group, group.indexOf(0, at + 5) + 1));
  }
  return texts;
}

function boundBy(names: StatementNames, group: Buffer): SharedStatement[] {
  const bound: SharedStatement[] = [];
  for (let at = 0; at < group.length; at += 1 + group.readInt32BE(at + 1)) {
    const statement = group[at] === FRONTEND.bind ? names.get(readText(group, group.indexOf(0, at + 5) + 1)) : undefined;
    if (statement) bound.push(statement);
  }
  return bound;
}
