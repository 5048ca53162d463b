/**
 * The few words of the Postgres frontend/backend protocol (version 3) that the embedded database speaks itself.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */

/** Message types by their first byte. The same letter means different things in the two directions. */
export const FRONTEND = {
  bind: 0x42, // B
  close: 0x43, // C
  describe: 0x44, // D
  execute: 0x45, // E
  flush: 0x48, // H
  parse: 0x50, // P
  query: 0x51, // Q
  sync: 0x53, // S
  terminate: 0x58, // X
} as const;

export const BACKEND = {
  parseComplete: 0x31, // 1
  notification: 0x41, // A
  commandComplete: 0x43, // C
  error: 0x45, // E
  parameterStatus: 0x53, // S
  readyForQuery: 0x5a, // Z
} as const;

/** Transaction status in ReadyForQuery. */
export const IDLE = 0x49; // I
export const IN_TRANSACTION = 0x54; // T
export const FAILED_TRANSACTION = 0x45; // E

export const SSL_REQUEST = 80_877_103;
export const GSS_REQUEST = 80_877_104;
export const CANCEL_REQUEST = 80_877_102;

export interface PgError {
  severity: 'ERROR' | 'FATAL';
  /** SQLSTATE. */
  code: string;
  message: string;
  hint?: string;
}

export function message(type: number, body: Buffer): Buffer {
  const out = Buffer.allocUnsafe(5 + body.length);
  out[0] = type;
  out.writeInt32BE(4 + body.length, 1);
  body.copy(out, 5);
  return out;
}

export function wireText(...values: string[]): Buffer {
  return Buffer.from(values.map((value) => `${value}\0`).join(''), 'utf8');
}

export function errorResponse({ severity, code, message: words, hint }: PgError): Buffer {
  const fields = [`S${severity}`, `V${severity}`, `C${code}`, `M${words}`, ...(hint === undefined ? [] : [`H${hint}`]), ''];
  return message(BACKEND.error, wireText(...fields));
}

export function readyForQuery(status: number): Buffer {
  return message(BACKEND.readyForQuery, Buffer.from([status]));
}

export function parameterStatus(name: string, value: string): Buffer {
  return message(BACKEND.parameterStatus, wireText(name, value));
}

export function query(sql: string): Buffer {
  return message(FRONTEND.query, wireText(sql));
}

export function authenticationOk(): Buffer {
  return message(0x52, Buffer.alloc(4));
}

export function backendKeyData(processId: number, secret: number): Buffer {
  const body = Buffer.alloc(8);
  body.writeInt32BE(processId, 0);
  body.writeInt32BE(secret, 4);
  return message(0x4b, body);
}

/** The zero-terminated string that starts at `from`. */
export function readText(bytes: Buffer, from: number): string {
  return bytes.toString('utf8', from, bytes.indexOf(0, from));
}

/** Key-value pairs of a StartupMessage, `options` ("-c name=value") unfolded into them. */
export function readStartup(packet: Buffer): Record<string, string> {
  const words = packet.toString('utf8', 8).split('\0');
  const parameters: Record<string, string> = {};
  for (let at = 0; at + 1 < words.length && words[at] !== ''; at += 2) parameters[words[at]!] = words[at + 1]!;
  const { options, ...rest } = parameters;
  return { ...rest, ...readOptions(options ?? '') };
}

/** `-c name=value`, `-cname=value` and `--name=value`; a backslash keeps a space inside a value. */
function readOptions(options: string): Record<string, string> {
  const found: Record<string, string> = {};
  const words = (options.match(/(?:\\.|\S)+/g) ?? []).map((word) => word.replace(/\\(.)/g, '$1'));
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const setting = word === '-c' ? words[++at] : word.startsWith('-c') || word.startsWith('--') ? word.slice(2) : undefined;
    const equals = setting?.indexOf('=') ?? -1;
    if (setting !== undefined && equals > 0) found[setting.slice(0, equals).replaceAll('-', '_')] = setting.slice(equals + 1);
  }
  return found;
}

/** Text rows of a simple query's reply. */
export function dataRowsOf(reply: Buffer): string[][] {
  const rows: string[][] = [];
  for (let at = 0; at + 5 <= reply.length; at += 1 + reply.readInt32BE(at + 1)) {
    if (reply[at] !== 0x44) continue;
    const row: string[] = [];
    for (let count = reply.readInt16BE(at + 5), from = at + 7; count > 0; count--) {
      const length = Math.max(0, reply.readInt32BE(from));
      row.push(reply.toString('utf8', from + 4, from + 4 + length));
      from += 4 + length;
    }
    rows.push(row);
  }
  return rows;
}

/** The message of the first ErrorResponse in a reply. */
export function readError(reply: Buffer): string | undefined {
  for (let at = 0; at + 5 <= reply.length; at += 1 + reply.readInt32BE(at + 1)) {
    if (reply[at] !== BACKEND.error) continue;
    for (let field = at + 5; reply[field] !== 0; field = reply.indexOf(0, field) + 1) {
      if (reply[field] === 0x4d) return readText(reply, field + 1);
    }
  }
  return undefined;
}
