import { askedIn, isStatement } from '../prompt/questions.js';
import type { HistoryMessage, LookedUpQuestion, PromptMaterial } from '../prompt/prompt.js';
import { enough, evidence } from './evidence.js';
import { type Phrases, phrasesFor } from './phrases.js';
import { readQuestion } from './question.js';
import { scoreUnits } from './score.js';
import { quote, selectUnits } from './select.js';
import { smallTalk } from './small-talk.js';
import { type QuoteUnit, unitsOf } from './units.js';

export interface OfflineAsk extends Omit<PromptMaterial, 'asked'> {
  /** The questions of the message, where they were looked up one by one; else each is sought in all the passages. */
  asked?: LookedUpQuestion[];
  /** Oldest first, without the question. */
  history: HistoryMessage[];
}

export interface OfflineAnswer {
  text: string;
  /** False when nothing at hand says it. */
  known: boolean;
}

const ABOUT_ME = /\bwhat (?:do|did|have|can) (?:you|i) (?:know|remember|tell you|told you|say)\b(?:.{0,12}\b(?:about|of) (?:me|us|myself)\b)?\s*\??$|\bwhat (?:do|can) you (?:know|remember|recall|tell me) (?:about|of) (?:me|us)\b/iu;
const FIRST_PERSON = /\b(?:my|mine|our|ours|me|us|myself|i told|i said|i mention\w*)\b/iu;
/** What being about the asker is worth to a fact, against a passage that speaks of the same words. */
const OWN_FACT = 0.15;
/** Units read to tell in which language the passages are. */
const SAMPLE = 40;

/** The offline model's answer: pure, deterministic, from what the prompt holds and nothing else. */
export function answerOffline(ask: OfflineAsk): OfflineAnswer {
  const phrases = phrasesFor([ask.question, ...ask.history.filter(({ role }) => role === 'user').map(({ content }) => content).reverse(),
    ...ask.passages.slice(0, 1).map(({ text }) => text)]);
  const said = smallTalk(ask.question, ask.remembers, phrases);
  const answer = said === null ? answerQuestions(ask, phrases) : { text: said, known: true };
  const introduced = ask.history.some(({ role }) => role === 'assistant');
  return introduced ? answer : { ...answer, text: `${answer.text}\n\n${phrases.note}` };
}

/** Each question of the message by itself: what is known of some is told beside what is not known of others. */
function answerQuestions(ask: OfflineAsk, phrases: Phrases): OfflineAnswer {
  if (ask.facts.length > 0 && ABOUT_ME.test(ask.question.slice(-400))) return { text: told(ask.facts, phrases), known: true };
  const asked = ask.asked && ask.asked.length > 0 ? ask.asked
    : askedIn(ask.question).questions.map((text) => ({ text, carried: [], markers: ask.passages.map(({ marker }) => marker) }));
  const answers = asked.map((one) => ({ question: one.text, text: answerOne(one, ask, phrases) }));
  if (answers.every(({ text }) => text === null)) {
    return isStatement(ask.question) ? { text: phrases.statement, known: true } : { text: phrases.unknown, known: false };
  }
  const texts = answers.map(({ question, text }) => text ?? `“${question.trim()}” – ${phrases.unknown}`);
  return { text: [...new Set(texts)].join('\n\n'), known: true };
}

/** Null when nothing at hand says it. */
function answerOne(asked: LookedUpQuestion, ask: OfflineAsk, phrases: Phrases): string | null {
  const passages = asked.markers.flatMap((marker) => ask.passages.find((passage) => passage.marker === marker) ?? []);
  const units = passages.flatMap(({ text, heading, document }, at) =>
    unitsOf(text, at, heading === null ? document : `${document} › ${heading}`));
  const question = readQuestion(asked.text, asked.carried, units.slice(0, SAMPLE).map(({ text }) => text).join('\n'));
  const scores = scoreUnits(question, units);
  const best = scores.ranked[0];
  const found = best ? evidence(scores, best, asked.coverage) : 0;

  const needed = enough(question);
  const facts = fittingFacts(asked.text, ask.facts);
  const ownFact = FIRST_PERSON.test(question.text) ? OWN_FACT : 0;
  if (facts.evidence >= needed && facts.evidence + ownFact > found) return told(facts.best, phrases);
  if (found < needed) return null;
  return quote(selectUnits(scores, units), passages.map(({ marker }) => marker));
}

function fittingFacts(text: string, facts: string[]): { best: string[]; evidence: number } {
  const units: QuoteUnit[] = facts.map((fact, at) => ({ passage: at, order: 0, kind: 'sentence', text: fact, heading: '', block: 0 }));
  const scores = scoreUnits(readQuestion(text, [], text, new Set()), units);
  const scored = scores.ranked.map((one) => ({ fact: one.unit.text, evidence: evidence(scores, one) }));
  const most = Math.max(0, ...scored.map((one) => one.evidence));
  return { best: scored.filter((one) => one.evidence >= most * 0.9).slice(0, 3).map((one) => one.fact), evidence: most };
}

function told(facts: string[], { told: lead }: Phrases): string {
  const quoted = facts.map((fact) => `“${fact}”`);
  return quoted.length === 1 ? `${lead} ${quoted[0]}` : `${lead}\n${quoted.map((fact) => `- ${fact}`).join('\n')}`;
}
