import type { LoggerService } from '@nestjs/common';
import { type Logger, logger } from './logger.js';

/** Nest's own words in the same lines as ours. Its start-up chatter is debug: an operator wants to know that it is up, not how. */
export class NestLogger implements LoggerService {
  readonly log = this.at('debug');
  readonly error = this.at('error');
  readonly warn = this.at('warn');
  readonly debug = this.at('debug');
  readonly verbose = this.at('trace');
  readonly fatal = this.at('fatal');

  private at(level: keyof Omit<Logger, 'isLevelEnabled'>): (message: unknown, ...rest: unknown[]) => void {
    return (message, ...rest) => this.say(level, message, rest);
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
