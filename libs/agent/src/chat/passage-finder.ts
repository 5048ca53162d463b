import type { Passage, Search } from '#search';
import { isFollowUp, queryOf, type Reading, readings } from '../prompt/follow-up.js';
import type { HistoryMessage } from '../prompt/prompt.js';
import { askedIn } from '../prompt/questions.js';

/** One question of a message, how it is read, and what was found for it, best first. */
export interface LookedUp extends Reading {
  passages: Passage[];
}

/**
 * Looks up each question of a message. One that may follow an earlier turn is searched alone and with what it may leave out, and the
 * reading that finds more is kept. What stands before it in the same message counts as an earlier turn.
 */
export function findPassages(search: Search, message: string, history: HistoryMessage[], limit: number): Promise<LookedUp[]> {
  const { questions, told } = askedIn(message);
  const find = (reading: Reading): Promise<Passage[]> => search.find({ text: queryOf(reading), limit });
  return Promise.all(questions.map(async (question, at): Promise<LookedUp> => {
    const before = [told, ...questions.slice(0, at)].filter((one) => one !== '').map((content) => ({ role: 'user' as const, content }));
    const [alone, together] = readings(question, [...history, ...before]);
    const [found, foundTogether] = await Promise.all([find(alone), together && find(together)]);
    const follows = together && isFollowUp(together, found, foundTogether!);
    return follows ? { ...together, passages: foundTogether! } : { ...alone, passages: found };
  }));
}

/** The passages of all questions in turns, best first, each once. */
export function mergedPassages(found: LookedUp[], limit: number): Passage[] {
  const merged = new Map<string, Passage>();
  const longest = Math.max(0, ...found.map(({ passages }) => passages.length));
  for (let at = 0; at < longest; at++) {
    for (const { passages } of found) {
      const passage = passages[at];
      if (passage && !merged.has(passage.chunkId)) merged.set(passage.chunkId, passage);
    }
  }
  return [...merged.values()].slice(0, Math.max(limit, found.length * 4));
}
