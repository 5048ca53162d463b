import type { Canary } from '#platform/testing';
import type { StreamedEvent } from '../user.js';

export const ENDS = /^run\.(completed|failed|cancelled|interrupted)$/;

/** One question and all that its asker was told. */
export interface Asked {
  tenant: string;
  conversationId: string;
  nonce: string;
  text: string;
  round: number;
  runId?: string;
  seen: StreamedEvent[];
  /** `run.started` was seen: the question is kept from here on, whatever dies. */
  accepted?: true;
}

/** A file that was handed in; with an id it was accepted. */
export interface Filed {
  tenant: string;
  word: string;
  round: number;
  id?: string;
  /** Whether its removal was asked for (and may have happened), or was confirmed. */
  removal?: 'asked' | 'confirmed';
}

/** A fact that memory has accepted. */
export interface Noted {
  tenant: string;
  id: string;
  text: string;
  round: number;
}

/** A judgement that was accepted. */
export interface Judged {
  tenant: string;
  messageId: string;
  round: number;
}

/** Everything that clients were told, which the house must keep to. */
export class Journal {
  round = 0;
  readonly asked: Asked[] = [];
  readonly filed: Filed[] = [];
  readonly noted: Noted[] = [];
  readonly judged: Judged[] = [];
  /** What should never be answered, whatever has failed: "POST /v1/memories: 500 …". */
  readonly odd: string[] = [];
  /** Words of one tenant that another one was shown. */
  readonly foreign: string[] = [];
  /** Refusals that are to be expected while something is dead, by status. */
  readonly refused = new Map<string, number>();
  readonly canaries = new Map<string, Canary>();

  /** Looks for other tenants' words in what this one was shown. */
  watch(tenant: string, what: string, shown: unknown): void {
    for (const [owner, canary] of this.canaries) {
      if (owner !== tenant && canary.isIn(shown))
        this.foreign.push(`${tenant} was shown words of ${owner} by ${what}: ${(JSON.stringify(shown) ?? '').slice(0, 300)}`);
    }
  }

  refuse(why: string): void {
    this.refused.set(why, (this.refused.get(why) ?? 0) + 1);
  }
}
