import 'reflect-metadata';

/** How a handler is tried. Every handler has its own: one that fails never holds up another of the same event. */
export interface RetryOptions {
  /** Tries before it becomes a dead letter; one cut off by the end of its process does not count. Events 10, jobs 5, schedules 3 unless told. */
  attempts?: number;
  /** First pause between tries; doubles each time up to one hour, with +-20 % jitter. 1,000 unless told. */
  backoffMs?: number;
  /** After this its signal is aborted and the try has failed. Events 30,000, jobs and schedules 60,000 unless told. */
  timeoutMs?: number;
  /** How many of it one process runs at a time. Events 8, jobs 2, schedules 1 unless told. */
  concurrency?: number;
}

/** What the decorators leave on a class for the registry to find. */
export interface Mark {
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

const MARKS = Symbol('atoll.marks');

export function addMark(target: object, mark: Mark): void {
  const type = target.constructor;
  const own = Reflect.getOwnMetadata(MARKS, type) as Mark[] | undefined;
  if (own) own.push(mark);
  else Reflect.defineMetadata(MARKS, [mark], type);
}

/** Marks of a class and of those it extends. */
export function marksOf(type: object): Mark[] {
  const marks: Mark[] = [];
  for (let at: object | null = type; at && at !== Function.prototype; at = Object.getPrototypeOf(at) as object | null) {
    marks.push(...((Reflect.getOwnMetadata(MARKS, at) as Mark[] | undefined) ?? []));
  }
  return marks;
}
