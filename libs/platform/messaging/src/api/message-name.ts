import { AppError } from '#platform/core';

const NAME = /^[a-z]+(\.[a-z0-9]+(-[a-z0-9]+)*)+$/;

/** Names of events, jobs, handlers and schedules are stored, so they are checked once, where they are written. */
export function assertMessageName(name: string): void {
  if (!NAME.test(name)) {
    throw new AppError('internal', 'kernel.message-name',
      `"${name}" is not a message name. Write <context>.<words-with-dashes>, as in search.index-document.`);
  }
}

/** The context that owns a message, handler or schedule: the first word of its name. */
export function contextOf(name: string): string {
  return name.slice(0, name.indexOf('.'));
}
