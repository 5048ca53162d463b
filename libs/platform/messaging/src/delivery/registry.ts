import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { AppError, configError } from '#platform/core';
import { definedEvents } from '../events/define-event.js';
import { definedJobs } from '../jobs/define-job.js';
import { type Mark, type RetryOptions, marksOf } from './marks.js';
import { contextOf } from './message-name.js';

/** A method of a provider, ready to be called with what the runner prepared. */
export type Run = (argument: unknown) => unknown;

/** One durable handler of this process: a subscription, a job's runner, or a schedule. */
export interface Handler {
  kind: Mark['kind'];
  name: string;
  context: string;
  /** The event, job or schedule it handles. */
  message: string;
  runs: Map<number, Run>;
  options: Required<RetryOptions>;
  cron?: Mark['cron'];
}

const DEFAULTS: Record<Mark['kind'], Required<RetryOptions>> = {
  event: { attempts: 10, backoffMs: 1000, timeoutMs: 30_000, concurrency: 8 },
  job: { attempts: 5, backoffMs: 1000, timeoutMs: 60_000, concurrency: 2 },
  cron: { attempts: 3, backoffMs: 1000, timeoutMs: 60_000, concurrency: 1 },
};

/** DI token: names of the contexts whose handlers this process runs, the kernel included. */
export const HOSTED = Symbol('atoll.hosted-contexts');

/** Every handler of the hosted contexts, read from the decorators once at boot. Refuses to start on a fault, naming all of them. */
@Injectable()
export class HandlerRegistry {
  private handlers = new Map<string, Handler>();
  private byEvent = new Map<string, Handler[]>();

  constructor(
    private readonly discovery: DiscoveryService,
    @Inject(HOSTED) readonly hosted: string[],
  ) {}

  /** Called when all providers exist. */
  read(): void {
    const faults: string[] = [];
    this.handlers = new Map();
    for (const { metatype, instance } of this.discovery.getProviders() as { metatype: unknown; instance: unknown }[]) {
      if (typeof metatype !== 'function') continue;
      for (const mark of marksOf(metatype)) this.add(mark, metatype.name, instance, faults);
    }
    for (const job of definedJobs.values()) {
      if (this.hosted.includes(contextOf(job.name)) && this.handlers.get(job.name)?.kind !== 'job') {
        faults.push(`Job ${job.name} is defined but nothing runs it: put @Job(...) with its definition on a method of a provider of the ${contextOf(job.name)} module.`);
      }
    }
    if (faults.length > 0) {
      throw new AppError('internal', 'kernel.handlers', `Atoll did not start: its event handlers and jobs do not add up.\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    }
    this.byEvent = Map.groupBy(this.all().filter((one) => one.kind === 'event'), (one) => one.message);
  }

  all(): Handler[] {
    return [...this.handlers.values()];
  }

  /** Those that `queues` names: `all`, contexts, or single handlers. Throws where a name fits nothing here. */
  selected(queues: string[]): Handler[] {
    const fits = ({ name, context }: Handler): boolean => queues.includes('all') || queues.includes(context) || queues.includes(name);
    const unknown = queues.filter((queue) => queue !== 'all' && !this.hosted.includes(queue) && !this.handlers.has(queue));
    if (unknown.length > 0) throw configError([{ name: 'ATOLL_QUEUES', fault: `names ${unknown.join(' and ')}, which is neither a context nor a handler of this process. Handlers here: ${[...this.handlers.keys()].sort().join(', ')}` }]);
    return this.all().filter(fits);
  }

  get(handler: string): Handler | undefined {
    return this.handlers.get(handler);
  }

  /** Who here is concerned by a message: all handlers of an event, the one of a job. */
  of(message: string): Handler[] {
    const one = this.handlers.get(message);
    return one && one.kind !== 'event' ? [one] : (this.byEvent.get(message) ?? []);
  }

  private add(mark: Mark, className: string, instance: unknown, faults: string[]): void {
    const where = `${className}.${String(mark.method)}`;
    const method = (instance as Record<string | symbol, unknown> | undefined)?.[mark.method];
    const context = contextOf(mark.handler);
    if (typeof method !== 'function') {
      faults.push(`${where} carries a handler but ${className} is request-scoped or has no such method. Handlers live on ordinary singletons.`);
    } else if (!this.hosted.includes(context)) {
      faults.push(`${where} handles ${mark.message} as ${mark.handler}, but this process does not host the context ${context}. A handler's name starts with its own context.`);
    } else if (mark.kind === 'event' && definedEvents.get(mark.message)?.has(mark.version) !== true) {
      faults.push(`${where} listens to ${mark.message} version ${mark.version}, which no defineEvent(...) declares.`);
    } else {
      const run: Run = (argument) => (method as Run).call(instance, argument);
      const known = this.handlers.get(mark.handler);
      if (!known) this.handlers.set(mark.handler, toHandler(mark, context, run));
      else if (known.kind === 'event' && known.message === mark.message && !known.runs.has(mark.version)) known.runs.set(mark.version, run);
      else faults.push(`${mark.handler} is declared twice, the second time by ${where}. Every ${known.kind === 'event' ? '@On' : known.kind === 'job' ? '@Job' : '@Cron'} needs a name of its own.`);
    }
  }
}

function toHandler(mark: Mark, context: string, run: Run): Handler {
  return {
    kind: mark.kind,
    name: mark.handler,
    context,
    message: mark.message,
    runs: new Map([[mark.version, run]]),
    options: { ...DEFAULTS[mark.kind], ...defined(mark.options) },
    cron: mark.cron,
  };
}

function defined({ attempts, backoffMs, timeoutMs, concurrency }: RetryOptions): RetryOptions {
  return Object.fromEntries(Object.entries({ attempts, backoffMs, timeoutMs, concurrency }).filter(([, value]) => value !== undefined));
}
