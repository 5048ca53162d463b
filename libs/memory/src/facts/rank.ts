import { terms } from '#platform/text';
import type { Fact, RecalledFact } from '../contract.js';

/** Share of the score a fact has without any word in common: with few facts known, all of them are worth the prompt's room. */
const BASE = 0.05;

/**
 * Facts by the share of the question's rare words they hold (idf over the person's own facts), newest first among equals. Facts without
 * a common word come last: "what do you know about me?" shares none with any of them. Pure.
 */
export function rankFacts(question: string, facts: Fact[], limit: number): RecalledFact[] {
  const asked = new Set(terms(question));
  const bags = facts.map((fact) => new Set(terms(fact.text)));
  const weight = (term: string): number => Math.log(1 + facts.length / (1 + bags.filter((bag) => bag.has(term)).length));
  const weights = new Map([...asked].map((term) => [term, weight(term)]));
  const whole = [...weights.values()].reduce((sum, one) => sum + one, 0) || 1;
  return facts
    .map((fact, index) => {
      const shared = [...weights].reduce((sum, [term, one]) => sum + (bags[index]!.has(term) ? one : 0), 0);
      return { ...fact, score: BASE + (1 - BASE) * (shared / whole) };
    })
    .sort((a, b) => b.score - a.score || b.createdAt.localeCompare(a.createdAt))
    .slice(0, limit);
}
