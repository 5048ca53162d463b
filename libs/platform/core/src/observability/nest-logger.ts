import type { LoggerService } from '@nestjs/common';
import { type Logger, logger } from './logger.js';

/** Nest's own words in the same lines as ours. Its start-up chatter is debug: an operator wants to know that it is up, not how. */
export class NestLogger implements LoggerService {
  log(message: unknown, ...rest: unknown[]): void {
    this.say('debug', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.say('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.say('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.say('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.say('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.say('fatal', message, rest);
  }

  private say(level: keyof Omit<Logger, 'isLevelEnabled'>, message: unknown, rest: unknown[]): void {
    const context = typeof rest.at(-1) === 'string' ? (rest.at(-1) as string) : 'app';
    // Why the start failed is thrown as well, and told by whoever started.
    if (context === 'ExceptionHandler') return;
    const stack = rest.slice(0, -1).find((part) => typeof part === 'string');
    if (message instanceof Error) nest[level]({ part: context, error: message }, message.message);
    else if (typeof message === 'object') nest[level]({ part: context, detail: message, stack }, 'nest');
    else nest[level]({ part: context, ...(stack !== undefined && { stack }) }, String(message));
  }
}

const nest = logger('nest');
