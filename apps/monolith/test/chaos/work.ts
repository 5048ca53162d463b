import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ask, endOf } from './asking.js';
import type { Chance } from '#platform/testing';
import type { Filed } from './journal.js';
import type { Person } from './person.js';

const QUESTIONS_A_CONVERSATION = 3;

/** What people do all day, each kind of it one thing after the other until they are told to stop. */
const KINDS: Record<string, (person: Person, chance: Chance) => () => Promise<unknown>> = { asking, askingToo: asking, filing, noting,
  searching };

/** Starts the day's work of these people; returns how to end it: what was begun is seen to its end. */
export function work(people: Person[], chance: Chance): () => Promise<void> {
  let over = false;
  const all = people.flatMap((person) => Object.entries(KINDS).map(async ([kind, begin]) => {
    const own = chance.of(`${person.tenant}/${kind}`);
    for (const once = begin(person, own); !over; await pause(own.between(50, 300))) {
      await once().catch((error: unknown) => person.journal.odd.push(`${person.tenant}, ${kind}: ${String(error)}`));
    }
  }));
  return async () => {
    over = true;
    await Promise.all(all);
  };
}

function asking(person: Person, chance: Chance): () => Promise<unknown> {
  let conversation: { id: string } | undefined;
  let questions = 0;
  return async () => {
    if (!conversation || questions >= QUESTIONS_A_CONVERSATION) {
      conversation = await person.insist<{ id: string }>('/v1/conversations', () => ({}));
      questions = 0;
    }
    if (!conversation) return;
    questions += 1;
    const { tenant, round, ...asked } = await ask(person, conversation.id);
    const end = endOf({ tenant, round, ...asked });
    // One whose beginning nobody knows may still be under way: the next question would meet it.
    if (!end) conversation = undefined;
    else if (end.event === 'run.completed' && chance.next() < 0.3) await judge(person, String(end.data['messageId']));
  };
}

export async function judge(person: Person, messageId: string): Promise<void> {
  const { journal, tenant } = person;
  if (await person.insist(`/v1/messages/${messageId}/feedback`, () => ({ rating: 'up' })))
    journal.judged.push({ tenant, messageId, round: journal.round });
}

/** Hands files in, and takes every third back. */
function filing(person: Person, chance: Chance): () => Promise<unknown> {
  return async () => {
    const { journal, tenant } = person;
    if (chance.next() < 0.3) {
      const old = journal.filed.find((one) => one.tenant === tenant && one.id && !one.removal && one.round < journal.round);
      if (old) return takeBack(person, old);
    }
    const filed: Filed = { tenant, word: word('z'), round: journal.round };
    journal.filed.push(filed);
    const form = (): FormData => {
      const body = new FormData();
      body.append('file', new Blob(
        [`# Boats of ${person.canary.word}\n\nThe password of this boat is ${filed.word}. Nobody else may know it.\n`]),
        `${filed.word}.md`);
      return body;
    };
    filed.id = (await person.insist<{ id: string }>('/v1/knowledge/files', form))?.id;
  };
}

export async function takeBack(person: Person, old: Filed): Promise<void> {
  old.removal = 'asked';
  const { status, body } = await person.look(`/v1/knowledge/files/${old.id}`, { method: 'DELETE' });
  // Of a try whose answer was lost, the next one finds nothing left to remove.
  if (status === 204 || status === 404) old.removal = 'confirmed';
  else person.odd('DELETE of a file', status, body);
}

function noting(person: Person): () => Promise<unknown> {
  return async () => {
    const { journal, tenant } = person;
    const text = `Berth ${word('n')} is reserved by ${person.canary.word}.`;
    const noted = await person.insist<{ id: string }>('/v1/memories', () => ({ text }));
    if (noted) journal.noted.push({ tenant, id: noted.id, text, round: journal.round });
  };
}

/** What comes back is only looked through for other tenants' words: what is to be found is asked when all is quiet. */
function searching(person: Person, chance: Chance): () => Promise<unknown> {
  return () => {
    const query = chance.pick(['password of the boat', 'harbour berth reserved', 'who knows the boats']);
    return person.insist('/v1/search', () => ({ query }));
  };
}

function word(kind: string): string {
  return `${kind}${randomBytes(6).toString('hex')}`;
}
