import { defineLocalEvent, type LocalEmitter } from '#platform/messaging';
import { logger } from '#platform/core';
import type { OpenStreams } from '../sse/open-streams.js';
import type { Authenticator } from '../request/principal.js';
import type { RequestGuard } from './request-guard.js';

/**
 * What may speak no longer as it did: the id of a session, key, member or tenant. Whoever ends or changes one (a role, too) writes it down
 * where `Authenticator.ended` finds it, in the same transaction, and emits it once that has committed.
 */
export const subjectsEnded = defineLocalEvent<readonly string[]>('kernel.subjects-ended');

const LOOK_MS = 2_000;
/** Longer than a cached credential lives, a transaction may take and a look may be late, so that none slips through between two looks. */
const LOOK_BACK_SECONDS = 20;

const log = logger('edge');

/**
 * Ends the open streams of whoever was signed out, suspended or given another role: at once when it happened in this process, within 2
 * seconds when it happened in another. A look costs one query however many streams are open, and none while there are none; unlike a
 * notification it cannot get lost.
 */
export class RevocationWatch {
  /** Notices that were acted upon, and when; each comes up again until it is out of the window. */
  private readonly known = new Map<string, number>();
  private timer?: NodeJS.Timeout;
  private stopListening?: () => void;
  private looking = false;

  constructor(
    private readonly authenticator: Authenticator | undefined,
    private readonly guard: RequestGuard,
    private readonly streams: OpenStreams,
  ) {}

  start(emitter: LocalEmitter | undefined): void {
    this.stopListening = emitter?.on(subjectsEnded, (subjects) => this.act(subjects));
    if (this.authenticator) this.timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.stopListening?.();
  }

  private async look(): Promise<void> {
    if (this.looking || this.streams.size === 0) return;
    this.looking = true;
    try {
      const now = performance.now();
      const notices = (await this.authenticator!.ended?.({ seconds: LOOK_BACK_SECONDS })) ?? [];
      const fresh = notices.filter(({ id }) => !this.known.has(id));
      for (const { id } of fresh) this.known.set(id, now);
      for (const [id, at] of this.known) if (now - at > 2 * LOOK_BACK_SECONDS * 1_000) this.known.delete(id);
      this.act(fresh.map(({ subject }) => subject));
    } catch (error) {
      log.warn({ error }, 'could not ask which sessions ended; open streams go on until the next look');
    } finally {
      this.looking = false;
    }
  }

  private act(subjects: readonly string[]): void {
    if (subjects.length === 0) return;
    const ended = new Set(subjects);
    this.guard.forget(ended);
    this.streams.endFor(ended);
  }
}
