import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Language, stem, words } from '#platform/text';
import type { Question } from './question.js';
import type { ScoredUnit, UnitScores } from './score.js';

/** What a term counts by the place it is found in, and how much more a name counts than another word. */
const LEVEL = { own: 1, near: 0.8, around: 0.5, known: 0.2 } as const;
const NAME = 1.5;
/** What the words carried over count in a question that has words of its own. */
const CONTEXT = 0.3;

/** A question this short says nothing without its names. */
const SHORT = 3;

/** Below this the honest answer is "I do not know". Pairs of characters meet less often than words. */
const ENOUGH_WORDS = 0.41;
const ENOUGH_PAIRS = 0.29;

export function enough({ language }: Question): number {
  return language === 'und' ? ENOUGH_PAIRS : ENOUGH_WORDS;
}

/**
 * 0..1: how much of what is asked the unit and its surroundings speak of, names counting more; together with `coverage`, how much of it
 * (by rarity among all the tenant's passages) the best passage holds. A word that is in no document and in no dictionary either is what the
 * question is about, and nothing is known of it.
 */
export function evidence(scores: UnitScores, unit: ScoredUnit, coverage?: number): number {
  const { question, known } = scores;
  const { terms, carried, names } = question;
  if (unit.void || isForeign(question, scores.vocabulary)) return 0;
  const missing = [...names].filter((name) => !known.has(name));
  if (missing.length > 0 && (terms.length <= SHORT || missing.length === names.size)) return 0;
  const level = (term: string): number =>
    unit.own.has(term) ? LEVEL.own : unit.near.has(term) ? LEVEL.near
      : unit.around.has(term) ? LEVEL.around : known.has(term) ? LEVEL.known : 0;
  const mixed = (list: readonly string[]): number => {
    const whole = list.reduce((sum, term) => sum + (names.has(term) ? NAME : 1), 0);
    return whole === 0 ? 0 : list.reduce((sum, term) => sum + (names.has(term) ? NAME : 1) * level(term), 0) / whole;
  };
  if (terms.length === 0) return mixed(carried);
  const own = mixed(terms);
  const found = own === 0 || carried.length === 0 ? own : (1 - CONTEXT) * own + CONTEXT * mixed(carried);
  return coverage === undefined ? found : Math.sqrt(found * coverage);
}

/** A plain word of the question that no passage holds, not even misspelt, and no dictionary knows. Only English has one here. */
function isForeign({ text, language, terms }: Question, vocabulary: ReadonlySet<string>): boolean {
  if (language !== 'en') return false;
  const wanted = new Set(terms);
  return words(text).some(({ text: word, start, end }) => {
    const term = stem(word, language);
    const isPlain = word.length >= 4 && /^\p{Lu}?\p{Ll}+$/u.test(text.slice(start, end));
    return isPlain && wanted.has(term) && ![...vocabulary].some((known) => isNear(term, known)) && !isEnglish(word);
  });
}

/** The same first letters, or one slip apart. */
function isNear(a: string, b: string): boolean {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  if (at >= 5 || a === b) return true;
  return [a.slice(at + 1), a.slice(at)].some((rest) => rest === b.slice(at + 1)) || a.slice(at + 1) === b.slice(at)
    || (a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2));
}

let dictionary: string | undefined;

/** Whether a word, or one with its stem, stands in the dictionary; everything does where none is installed. */
function isEnglish(word: string): boolean {
  dictionary ??= readDictionary();
  if (dictionary === '') return true;
  const bare = word.replace(/^(?:un|re|in|im|dis|non|pre|over|mis|anti|sub|inter|super)(?=\p{L}{4})/u, '');
  return [word, bare].some((form) => isListed(form, dictionary!));
}

const MOST_TRIED = 60;

function isListed(word: string, list: string): boolean {
  const language: Language = 'en';
  const root = stem(word, language);
  const start = `\n${root.slice(0, Math.max(3, root.length - 1))}`;
  let at = list.indexOf(start);
  for (let tried = 0; at >= 0 && tried < MOST_TRIED; tried++) {
    const listed = /^[^/\n]+/.exec(list.slice(at + 1, at + 40))![0];
    if (listed === word || stem(listed, language) === root) return true;
    at = list.indexOf(start, at + 1);
  }
  return false;
}

function readDictionary(): string {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('dictionary-en'));
    return `\n${readFileSync(join(folder, 'index.dic'), 'utf8').toLowerCase()}`;
  } catch {
    return '';
  }
}
