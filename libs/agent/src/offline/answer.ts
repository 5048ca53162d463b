import { standalone } from '../prompt/follow-up.js';
import type { PromptMaterial, HistoryMessage } from '../prompt/prompt.js';
import { type Phrases, phrasesFor } from './phrases.js';
import { readQuestion } from './question.js';
import { ENOUGH, evidence, scoreUnits } from './score.js';
import { quote, selectUnits } from './select.js';
import { type QuoteUnit, unitsOf } from './units.js';

export interface OfflineAsk extends PromptMaterial {
  /** Oldest first, without the question. */
  history: HistoryMessage[];
}

export interface OfflineAnswer {
  text: string;
  /** False when nothing at hand says it. */
  known: boolean;
}

const GREETING = /^\s*(?:hi|hello|hey|good (?:morning|afternoon|evening)|hallo|guten (?:tag|morgen|abend)|bonjour|salut|hola|buenos días)(?:[\s,]+\p{L}+)?\s*[!.]*\s*$/iu;
const THANKS = /^\s*(?:thanks?(?: you)?|thx|many thanks|danke(?: schön)?|merci(?: beaucoup)?|gracias)(?:[\s,]+[\p{L}\s]{1,30})?\s*[!.]*\s*$/iu;
const WHO_ARE_YOU = /^\s*(?:who|what) are you\b|^\s*what can you do\b/iu;
const TOLD = /^\s*(?:please\s+)?(?:remember|note|keep in mind|don['’]t forget)\b|^\s*(?:my|our|i['’]m|i am|call me|we are|we use|i (?:live|work|prefer|like|love|use)|we (?:prefer|have))\b/iu;
const ABOUT_ME = /\bwhat (?:do|did|have|can) (?:you|i) (?:know|remember|tell you|told you|say)\b(?:.{0,12}\b(?:about|of) (?:me|us|myself)\b)?\s*\??$|\bwhat (?:do|can) you (?:know|remember|recall|tell me) (?:about|of) (?:me|us)\b/iu;
const FIRST_PERSON = /\b(?:my|mine|our|ours|me|us|myself|i told|i said|i mention\w*)\b/iu;
/** What being about the asker is worth to a fact, against a passage that speaks of the same words. */
const OWN_FACT = 0.15;

/** The offline model's answer: pure, deterministic, from what the prompt holds and nothing else. */
export function answerOffline(ask: OfflineAsk): OfflineAnswer {
  const phrases = phrasesFor(ask.question);
  const answer = smallTalk(ask, phrases) ?? fromFactsOrPassages(ask, phrases);
  const introduced = ask.history.some(({ role }) => role === 'assistant');
  return introduced ? answer : { ...answer, text: `${answer.text}\n\n${phrases.note}` };
}

function smallTalk({ question, remembers }: OfflineAsk, phrases: Phrases): OfflineAnswer | null {
  if (GREETING.test(question) || WHO_ARE_YOU.test(question)) return { text: phrases.hello, known: true };
  if (THANKS.test(question)) return { text: phrases.welcome, known: true };
  if (remembers && !question.trimEnd().endsWith('?') && TOLD.test(question)) return { text: phrases.noted, known: true };
  return null;
}

function fromFactsOrPassages(ask: OfflineAsk, phrases: Phrases): OfflineAnswer {
  if (ask.facts.length > 0 && ABOUT_ME.test(ask.question)) return { text: told(ask.facts, phrases), known: true };
  const context = standalone(ask.question, ask.history);
  const units = ask.passages.flatMap(({ text, heading, document }, at) =>
    unitsOf(text, at, heading === null ? document : `${document} › ${heading}`));
  const question = readQuestion(ask.question, context, units.slice(0, 40).map(({ text }) => text).join('\n'));
  const scores = scoreUnits(question, units);
  const best = scores.ranked[0];
  const found = best ? evidence(scores, best) : 0;

  const facts = fittingFacts(ask);
  if (facts.evidence >= ENOUGH && facts.evidence + (FIRST_PERSON.test(ask.question) ? OWN_FACT : 0) > found)
    return { text: told(facts.best, phrases), known: true };
  if (found < ENOUGH) return { text: phrases.unknown, known: false };
  return { text: quote(selectUnits(scores, units), ask.passages.map(({ marker }) => marker)), known: true };
}

function fittingFacts({ facts, question: text }: OfflineAsk): { best: string[]; evidence: number } {
  const units: QuoteUnit[] = facts.map((fact, at) => ({ passage: at, order: 0, kind: 'sentence', text: fact, heading: '', block: 0 }));
  const question = readQuestion(text, text, text, new Set());
  const scores = scoreUnits(question, units);
  const scored = scores.ranked.map((one) => ({ fact: one.unit.text, evidence: evidence(scores, one) }));
  const most = Math.max(0, ...scored.map((one) => one.evidence));
  return { best: scored.filter((one) => one.evidence >= most * 0.9).slice(0, 3).map((one) => one.fact), evidence: most };
}

function told(facts: string[], { told: lead }: Phrases): string {
  const quoted = facts.map((fact) => `“${fact}”`);
  return quoted.length === 1 ? `${lead} ${quoted[0]}` : `${lead}\n${quoted.map((fact) => `- ${fact}`).join('\n')}`;
}
