import { logger, runInFlow, type Secrets, span } from '#platform/core';
import { type Databases, inOpenTransaction } from '#platform/database';
import type { Delivery } from './delivery.store.js';
import type { Opened } from './envelope.js';
import { firstTimes } from './inbox.js';
import { flowOf, openFor, orAborted, receivedOf } from './received.js';
import type { Handler } from './registry.js';

/** A group that takes longer than this holds up its fast ones for a slow one: it is undone, and each runs by itself. */
const PATIENCE_MS = 500;

const log = logger('kernel');

/** A claimed delivery whose turn has come, and how to stop it. */
export interface Started {
  delivery: Delivery;
  stop: AbortController;
}

/**
 * Handles several events of one tenant in one transaction, one after the other, each in its own flow: the inbox records are one statement
 * and the commit is one. What fails, is stopped or takes too long undoes all of it, and then nothing has happened: no try counts, and the
 * caller runs each by itself.
 */
export class Groups {
  constructor(
    private readonly databases: Databases,
    private readonly secrets: Secrets,
  ) {}

  /** Whether all of it is kept; false: nothing is. `took` is told how long each handler ran. */
  async run(group: Started[], handler: Handler, took: (ms: number) => void): Promise<boolean> {
    const abandon = new AbortController();
    const undo = (): void => abandon.abort();
    const timer = setTimeout(undo, Math.min(handler.options.timeoutMs, PATIENCE_MS));
    for (const { stop } of group) stop.signal.addEventListener('abort', undo, { once: true });
    try {
      if (group.some(({ stop }) => stop.signal.aborted)) return false;
      const members = group.map(({ delivery }) => ({ delivery, message: openFor(handler, delivery, this.secrets) }));
      await runInFlow(flowOf(members[0]!.delivery, members[0]!.message, abandon.signal), () => this.inOneUnit(members, handler, abandon.signal, took));
      return true;
    } catch (error) {
      log.debug({ error, handler: handler.name, events: group.length }, 'events that were handled together are handled one by one');
      return false;
    } finally {
      clearTimeout(timer);
      for (const { stop } of group) stop.signal.removeEventListener('abort', undo);
    }
  }

  private inOneUnit(members: { delivery: Delivery; message: Opened }[], handler: Handler, signal: AbortSignal, took: (ms: number) => void): Promise<void> {
    const db = this.databases.of(handler.context);
    return db.tx(() => orAborted(signal, async () => {
      const first = await firstTimes(db, members.map(({ delivery }) => delivery));
      for (const { delivery, message } of members) {
        if (!first.has(delivery.messageId)) continue;
        signal.throwIfAborted();
        const from = performance.now();
        await runInFlow(inOpenTransaction(flowOf(delivery, message, signal)), () => handled(delivery, message, handler, signal));
        took(performance.now() - from);
      }
    }));
  }
}

function handled(delivery: Delivery, message: Opened, handler: Handler, signal: AbortSignal): Promise<unknown> {
  const run = handler.runs.get(delivery.version)!;
  return span(`event ${handler.name}`, { 'messaging.message.id': delivery.messageId }, async () => run(receivedOf(delivery, message, signal)), { kind: 'consumer', parent: message.traceparent });
}
