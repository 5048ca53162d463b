import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { AppError, configError } from '#platform/core';
import { definedEvents } from './define-event.js';
import { definedJobs } from './define-job.js';
import { type HandlerMetadata, type RetryOptions, handlersOf } from './handler-metadata.js';
import { contextOf } from './message-name.js';

/** A method of a provider, ready to be called with what the runner prepared. */
type Run = (argument: unknown) => unknown;

/** One durable handler of this process: a subscription, a job's runner, or a schedule. */
export interface Handler {
  kind: HandlerMetadata['kind'];
  name: string;
  context: string;
  /** The event, job or schedule it handles. */
  message: string;
  runs: Map<number, Run>;
  options: Required<RetryOptions>;
  cron?: HandlerMetadata['cron'];
}

export const RETRY_DEFAULTS: Record<HandlerMetadata['kind'], Required<RetryOptions>> = {
  event: { attempts: 10, backoffMs: 1000, timeoutMs: 30_000, concurrency: 8, whileParked: true },
  job: { attempts: 5, backoffMs: 1000, timeoutMs: 60_000, concurrency: 2, whileParked: false },
  cron: { attempts: 3, backoffMs: 1000, timeoutMs: 60_000, concurrency: 1, whileParked: true },
};

/** DI token: names of the contexts whose handlers this process runs, the platform ('kernel') included. */
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
      for (const found of handlersOf(metatype)) this.add(found, metatype.name, instance, faults);
    }
    for (const job of definedJobs.values()) {
      if (this.hosted.includes(contextOf(job.name)) && this.handlers.get(job.name)?.kind !== 'job') {
        faults.push(`Job ${job.name} is defined but nothing runs it: put @Job(...) with its definition on a method of a provider of the ` +
          `${contextOf(job.name)} module.`);
      }
    }
    if (faults.length > 0) {
      throw new AppError('internal', 'kernel.handlers',
        `Atoll did not start: its event handlers and jobs do not add up.\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
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
    if (unknown.length > 0) throw configError([{ name: 'ATOLL_QUEUES',
      fault: `names ${unknown.join(' and ')}, which is neither a context nor a handler of this process. Handlers here: ` +
        `${[...this.handlers.keys()].sort().join(', ')}` }]);
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

  private add(found: HandlerMetadata, className: string, instance: unknown, faults: string[]): void {
    const where = `${className}.${String(found.method)}`;
    const method = (instance as Record<string | symbol, unknown> | undefined)?.[found.method];
    const context = contextOf(found.handler);
    if (typeof method !== 'function') {
      faults.push(`${where} carries a handler but ${className} is request-scoped or has no such method. Handlers live on ordinary ` +
        `singletons.`);
    } else if (!this.hosted.includes(context)) {
      faults.push(`${where} handles ${found.message} as ${found.handler}, but this process does not host the context ${context}. A ` +
        `handler's name starts with its own context.`);
    } else if (found.kind === 'event' && definedEvents.get(found.message)?.has(found.version) !== true) {
      faults.push(`${where} listens to ${found.message} version ${found.version}, which no defineEvent(...) declares.`);
    } else {
      const run: Run = (argument) => (method as Run).call(instance, argument);
      const known = this.handlers.get(found.handler);
      if (!known) this.handlers.set(found.handler, toHandler(found, context, run));
      else if (known.kind === 'event' && known.message === found.message && !known.runs.has(found.version))
        known.runs.set(found.version, run);
      else faults.push(`${found.handler} is declared twice, the second time by ${where}. Every ` +
        `${known.kind === 'event' ? '@On' : known.kind === 'job' ? '@Job' : '@Cron'} needs a name of its own.`);
    }
  }
}

function toHandler(found: HandlerMetadata, context: string, run: Run): Handler {
  return {
    kind: found.kind,
    name: found.handler,
    context,
    message: found.message,
    runs: new Map([[found.version, run]]),
    options: { ...RETRY_DEFAULTS[found.kind], ...defined(found.options) },
    cron: found.cron,
  };
}

function defined({ attempts, backoffMs, timeoutMs, concurrency, whileParked }: RetryOptions): RetryOptions {
  return Object.fromEntries(Object.entries({ attempts, backoffMs, timeoutMs, concurrency, whileParked })
    .filter(([, value]) => value !== undefined));
}
