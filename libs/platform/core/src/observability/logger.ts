import { pino, type DestinationStream, type LevelWithSilent, type Logger as PinoLogger } from 'pino';
import { currentFlow } from '../cls/scope.js';
import { bufferedOutput } from './output.js';
import { readableLine } from './readable-lines.js';
import { redactKeys, redactText } from './redact.js';

export type Logger = Pick<PinoLogger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'isLevelEnabled'>;

type Sink = DestinationStream & { flushSync?: () => void };

/** Opened with the first line: a process that says nothing, as most specs, has no timer that flushes. */
let sink: Sink | undefined;
let shape: (line: string) => string = (line) => line;
const loggers = new Map<string, PinoLogger>();

/** A whole line, with its end, of which the caller knows that it holds no secret. */
export function writeCleanLine(line: string): void {
  (sink ??= bufferedOutput()).write(shape(line));
}

/** Every other line passes here, whoever built it: known shapes of secrets are cut out of messages and values alike. */
export function writeLine(line: string): void {
  writeCleanLine(redactText(line));
}

const LEVELS = new Set([...Object.keys(pino.levels.values), 'silent']);

const root = pino(
  {
    level: 'info',
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'message',
    errorKey: 'error',
    mixin: flowFields,
    formatters: { level: (level) => ({ level }), log: (fields) => redactKeys(fields) as Record<string, unknown> },
    serializers: { error: errorFields, err: errorFields },
  },
  { write: writeLine, flushSync: () => sink?.flushSync?.() } as Sink,
);

/**
 * The logger of one context or part of the platform. Lines are JSON with the request, trace and tenant ids of the running flow; secrets are
 * redacted by property name and by shape. Say what happened in the message and put the facts beside it.
 * @example `const log = logger('search'); log.warn({ fileId, pages }, 'file has no text');`
 */
export function logger(name: string): Logger {
  let found = loggers.get(name);
  if (!found) {
    found = root.child({ context: name });
    loggers.set(name, found);
  }
  return found;
}

/** Set once at start, from the configuration; also reaches the loggers that were made before. */
export function configureLogging(options: { level?: string; destination?: Sink; format?: string }): void {
  if (options.destination) sink = options.destination;
  if (options.format) shape = options.format === 'text' ? readableLine : (line) => line;
  // A level that is none is told with all other faulty settings, by the start.
  if (!options.level || !LEVELS.has(options.level)) return;
  for (const one of [root, ...loggers.values()]) one.level = options.level as LevelWithSilent;
}

/** Writes out what is buffered: before words that are not of the log are put beside it. */
export function flushLog(): void {
  sink?.flushSync?.();
}

export function logLevelEnabled(level: LevelWithSilent): boolean {
  return root.isLevelEnabled(level);
}

function flowFields(): object {
  const flow = currentFlow();
  if (!flow) return {};
  return {
    requestId: flow.requestId,
    traceId: flow.traceparent.slice(3, 35),
    ...(flow.scope && { tenantId: flow.scope.tenantId, actorId: flow.scope.actor.id }),
    ...(flow.causation !== undefined && { causation: flow.causation }),
  };
}

function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const reason = (error as { reason?: unknown }).reason;
  return { name, message, ...(reason !== undefined && { reason }), stack, ...(cause !== undefined && { cause: errorFields(cause) }) };
}
