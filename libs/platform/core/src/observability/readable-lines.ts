const CLOCK = 'T'.length + 'YYYY-MM-DD'.length;
const COLOURS: Record<string, string> = { trace: '\u001b[90m', debug: '\u001b[90m', info: '\u001b[32m', warn: '\u001b[33m',
  error: '\u001b[31m', fatal: '\u001b[31m' };
const DIM = '\u001b[2m';
const PLAIN = '\u001b[0m';
/** Ids of a request are for searching in collected logs, not for reading along. */
const NOT_SHOWN = new Set(['level', 'time', 'context', 'message', 'requestId', 'traceId', 'tenantId', 'actorId', 'causation', 'stack']);

/** A JSON line of the log as a person reads it: `12:03:04 warn  search    file has no text  fileId=…`. A stack follows its line. */
export function readableLine(line: string): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { level, time, context, message } = fields as Record<string, string>;
  const facts = Object.entries(fields).filter(([name]) => !NOT_SHOWN.has(name)).map(([name, value]) => `${name}=${shown(value)}`);
  const clock = `${DIM}${(time ?? '').slice(CLOCK, CLOCK + 8)}${PLAIN}`;
  const head = `${clock} ${COLOURS[level!] ?? ''}${level?.padEnd(5)}${PLAIN} ${context?.padEnd(10)}`;
  const stack = (fields.stack ?? (fields.error as { stack?: unknown } | undefined)?.stack) as string | undefined;
  return `${head} ${message}${facts.length > 0 ? `  ${DIM}${facts.join(' ')}${PLAIN}` : ''}\n${stack ? `${DIM}${stack}${PLAIN}\n` : ''}`;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return /^\S+$/.test(value) ? value : JSON.stringify(value);
  const said = (value as { message?: unknown } | null)?.message;
  return JSON.stringify(typeof said === 'string' ? said : value);
}
