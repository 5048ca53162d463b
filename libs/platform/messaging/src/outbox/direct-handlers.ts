/** By database (its `Db.server`): the handlers whose rows this process puts into their queues itself once they are committed. */
const direct = new WeakMap<object, () => readonly string[]>();

/**
 * Rows for these are written as sent, which saves the claim. Where the queue is full, Redis is away or nobody relays here, rows wait in
 * the outbox for whoever claims them in turns of the tenants.
 */
export function directHandlers(server: object): readonly string[] {
  return direct.get(server)?.() ?? [];
}

/** Undefined: none from now on. */
export function setDirectHandlers(server: object, handlers: (() => readonly string[]) | undefined): void {
  if (handlers) direct.set(server, handlers);
  else direct.delete(server);
}
