import type { Check, Evidence, Violation } from './evidence.js';
import { effects } from './invariants/effects.js';
import { jobs } from './invariants/jobs.js';
import { messages } from './invariants/messages.js';
import { outbox } from './invariants/outbox.js';
import { runLogs } from './invariants/run-logs.js';
import { answers, audit, canaries, facts } from './invariants/told.js';
import { usage } from './invariants/usage.js';

/** What holds whatever dies. Looked at when nothing is dead any more and all is quiet. */
export const invariants = {
  'each acknowledged message is readable once and in order': messages,
  'run logs have no gap and no repeat': runLogs,
  'usage equals the tokens served': usage,
  'each accepted job is done, failed or dead-lettered within 120 s': jobs,
  'each event has each of its effects once': effects,
  'the outbox is empty': outbox,
  'each accepted fact is remembered once': facts,
  'nobody is shown words of another tenant': canaries,
  'every request is answered, and none with "internal"': answers,
  'the audit log is whole': audit,
} satisfies Record<string, Check>;

export type Invariant = keyof typeof invariants;

export async function violations(evidence: Evidence): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const [invariant, check] of Object.entries(invariants)) {
    const broken = await check(evidence).catch((error: unknown) => [`could not be looked at: ${String(error)}`]);
    found.push(...broken.map((told) => ({ invariant, told })));
  }
  return found;
}
