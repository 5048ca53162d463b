import 'reflect-metadata';

/** How a handler is tried. Every handler has its own: one that fails never holds up another of the same event. */
export interface RetryOptions {
  /**
   * Tries before it becomes a dead letter; one cut off by the end of its process does not count. Events 10, jobs 5, schedules 3 unless
   * told.
   */
  attempts?: number;
  /** First pause between tries; doubles each time up to one hour, with +-20 % jitter. 1,000 unless told. */
  backoffMs?: number;
  /** After this its signal is aborted and the try has failed. Events 30,000, jobs and schedules 60,000 unless told. */
  timeoutMs?: number;
  /** Whether it also runs for a tenant that is suspended. Events and schedules true, jobs false unless told. */
  whileParked?: boolean;
  /** How many of it one process runs at a time. Events 8, jobs 2, schedules 1 unless told. */
  concurrency?: number;
}

/** What the decorators leave on a class for the registry to find. */
export interface HandlerMetadata {
  kind: 'event' | 'job' | 'cron';
  /** Name of the event, job or schedule. */
  message: string;
  version: number;
  /** Durable name of the handler; of a job and a schedule it is the message's own. */
  handler: string;
  method: string | symbol;
  options: RetryOptions;
  cron?: { pattern: string; timeZone: string };
}

const HANDLERS = Symbol('atoll.handlers');

export function addHandler(target: object, handler: HandlerMetadata): void {
  const type = target.constructor;
  const own = Reflect.getOwnMetadata(HANDLERS, type) as HandlerMetadata[] | undefined;
  if (own) own.push(handler);
  else Reflect.defineMetadata(HANDLERS, [handler], type);
}

/** Handlers of a class and of those it extends. */
export function handlersOf(type: object): HandlerMetadata[] {
  const found: HandlerMetadata[] = [];
  for (let at: object | null = type; at && at !== Function.prototype; at = Object.getPrototypeOf(at) as object | null) {
    found.push(...((Reflect.getOwnMetadata(HANDLERS, at) as HandlerMetadata[] | undefined) ?? []));
  }
  return found;
}
