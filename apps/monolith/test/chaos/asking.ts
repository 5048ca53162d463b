import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { StreamedEvent } from '../user.js';
import { type Asked, ENDS } from './journal.js';
import type { Person } from './person.js';

/** Longest that a question may be refused before its asker gives up, and that an accepted one may be without its end. */
const ACCEPTED_MS = 20_000;
const ENDED_MS = 120_000;
const AGAIN_MS = 250;

/** Asks in this conversation, reads on wherever the stream broke, and sees the answer to its end. */
export async function ask(person: Person, conversationId: string): Promise<Asked> {
  const { journal, tenant, canary } = person;
  const nonce = `q${randomBytes(8).toString('hex')}`;
  const asked: Asked = { tenant, conversationId, nonce, text: `What does the harbour say about ${canary.word} and ${nonce}?`,
    round: journal.round, seen: [] };
  journal.asked.push(asked);
  const key = randomUUID();
  const since = Date.now();
  while (!isEnded(asked)) {
    if (!asked.runId && Date.now() - since > ACCEPTED_MS) return asked;
    if (Date.now() - since > ENDED_MS) {
      journal.odd.push(`run ${asked.runId} of ${tenant}: its reader saw no end within ${ENDED_MS} ms, and event ` +
        `${asked.seen.at(-1)?.id ?? 'none'} last`);
      return asked;
    }
    try {
      await readOn(person, asked, key);
    } catch (error) {
      const { status, body } = person.refusalOf(error);
      const started = body.location?.match(/^\/v1\/runs\/([^/]+)\/events$/)?.[1];
      if (started) asked.runId = started;
      else if (!person.isRefusal(status, body)) person.odd(asked.runId ? `reading run ${asked.runId}` : 'asking', status, body);
    }
    await pause(AGAIN_MS);
  }
  return asked;
}

async function readOn(person: Person, asked: Asked, key: string): Promise<void> {
  const stream = asked.runId
    ? person.events('GET', `/v1/runs/${asked.runId}/events`, { headers: { 'last-event-id': String(asked.seen.at(-1)?.id ?? 0) } })
    : person.events('POST', `/v1/conversations/${asked.conversationId}/messages`,
      { body: { text: asked.text }, headers: { 'idempotency-key': key } });
  for await (const event of stream) {
    if (event.event === 'resume' || event.event === 'error') return;
    if (event.event === 'run.started') Object.assign(asked, { runId: String(event.data['runId']), accepted: true });
    asked.seen.push(event);
  }
}

export function endOf(asked: Asked): StreamedEvent | undefined {
  const last = asked.seen.at(-1);
  return last && ENDS.test(last.event) ? last : undefined;
}

function isEnded(asked: Asked): boolean {
  return endOf(asked) !== undefined;
}
