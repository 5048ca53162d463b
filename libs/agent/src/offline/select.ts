import { type Question, termsOf } from './question.js';
import { LEANING, type ScoredUnit, type UnitScores } from './score.js';
import type { QuoteUnit } from './units.js';

const MOST_LINES = 10;
/** How far below the best one (as a logit) a second and a third unit may be. */
const CLOSE = [2.5, 2];
/** Words of an item: in a list of longer ones each item speaks of something of its own, and only the fitting one is quoted. */
const SHORT_ITEM = 18;
const SAME = 0.6;
/** A heading that holds so much of a how-to names the section that tells it. */
const TITLED = 0.75;
const SECTION_WORDS = 110;

/** The units to quote: one to three of the best, best first, each with what it leans on and what follows from it in reading order. */
export function selectUnits({ question, ranked }: UnitScores, units: QuoteUnit[]): QuoteUnit[] {
  const procedural = question.asked.includes('way') || question.asked.includes('list');
  const section = procedural && question.terms.length > 1 ? sectionOn(ranked, units) : [];
  if (section.length > 0) return section;
  const best = ranked[0]!;
  const chosen: ScoredUnit[] = [best];
  for (const next of ranked.slice(1)) {
    const allowed = CLOSE[chosen.length - 1];
    if (allowed === undefined || next.score < best.score - allowed) break;
    if (next.void || next.near.size * 2 < best.near.size || isOtherRow(next, best, question)) continue;
    if (chosen.some((one) => alike(one.unit, next.unit, question))) continue;
    chosen.push(next);
  }
  const groups: QuoteUnit[][] = [];
  for (const one of chosen) {
    const quoted = new Set(groups.flat());
    const company = [...new Set(withCompany(one, units, procedural && one.near.size * 2 > question.terms.length))];
    const fresh = company.filter((unit) => !quoted.has(unit));
    // Lines of one list or table stay together.
    const home = groups.find((group) => one.unit.kind !== 'sentence' && group.some((unit) => isOneBlock(unit, one.unit)));
    if (home) home.push(...fresh);
    else if (fresh.length > 0) groups.push(fresh);
  }
  return groups.flatMap(inOrder).slice(0, CLOSE.length + 1 + MOST_LINES);
}

/** The sentence that answers comes before the one it leans on; everything else is read in its order. */
function inOrder([first, ...rest]: QuoteUnit[]): QuoteUnit[] {
  const ordered = (group: QuoteUnit[]): QuoteUnit[] => group.sort((a, b) => a.order - b.order);
  const isProse = [first!, ...rest].every(({ kind }) => kind === 'sentence');
  return isProse ? [first!, ...ordered(rest)] : ordered([first!, ...rest]);
}

/** A row or item that lacks the name that the best one has speaks of something else. */
function isOtherRow({ unit, own }: ScoredUnit, best: ScoredUnit, { names }: Question): boolean {
  return unit.kind !== 'sentence' && [...names].some((name) => best.own.has(name) && !own.has(name));
}

function isOneBlock(a: QuoteUnit, b: QuoteUnit): boolean {
  return a.passage === b.passage && a.block === b.block;
}

/** The opening of the section whose heading asks the question: to the end of its first commands, or so many words. */
function sectionOn(ranked: ScoredUnit[], units: QuoteUnit[]): QuoteUnit[] {
  const [first] = ranked.filter(({ titled, score }) => titled >= TITLED && score > 0)
    .sort((a, b) => b.titled - a.titled || a.unit.passage - b.unit.passage || a.unit.order - b.unit.order);
  if (!first) return [];
  const quoted: QuoteUnit[] = [];
  let words = 0;
  for (const unit of units.filter(({ passage, heading, order }) =>
    passage === first.unit.passage && heading === first.unit.heading && order >= first.unit.order)) {
    const shown = quoted.some(({ kind }) => kind === 'code');
    words += unit.kind === 'code' ? 0 : unit.text.split(/\s+/).length;
    if (quoted.length > 0 && (words > SECTION_WORDS || (shown && unit.kind === 'sentence'))) break;
    quoted.push(unit);
  }
  return quoted;
}

function withCompany({ unit }: ScoredUnit, units: QuoteUnit[], procedural: boolean): QuoteUnit[] {
  const own = units.filter((one) => one.passage === unit.passage);
  const at = own.indexOf(unit);
  const company = [unit];
  const before = own[at - 1];
  if (before && (before.kind === 'lead' || (unit.kind === 'sentence' && LEANING.test(unit.text) && before.block === unit.block)))
    company.push(before);
  if (unit.kind === 'code' && before?.kind === 'sentence') company.push(before);
  if (unit.kind === 'item' || unit.kind === 'row') {
    const lead = own.findLast((one, place) => place < at && one.block < unit.block);
    if (lead?.kind === 'lead') company.push(lead);
    // The first row of its table names its values.
    if (unit.kind === 'row') company.push(own.find((one) => one.block === unit.block)!);
    const list = own.filter((one) => one.block === unit.block);
    if (procedural && isShort(list)) company.push(...list.slice(0, MOST_LINES));
  }
  const after = own[at + 1];
  if (unit.kind === 'lead' && after) {
    company.push(...own.filter((one) => one.block === after.block).slice(0, MOST_LINES));
  } else if (procedural && after?.kind === 'code') {
    company.push(after);
  }
  return company;
}

function isShort(list: QuoteUnit[]): boolean {
  return list.reduce((sum, { text }) => sum + text.split(/\s+/).length, 0) <= SHORT_ITEM * list.length;
}

function alike(a: QuoteUnit, b: QuoteUnit, { language }: Question): boolean {
  const first = new Set(termsOf(a.text, language));
  const second = new Set(termsOf(b.text, language));
  const common = [...first].filter((term) => second.has(term)).length;
  return common / (Math.min(first.size, second.size) || 1) >= SAME;
}

/** The quoted units as text: sentences run on, list items, rows and code keep their lines; each run of neighbours carries its number. */
export function quote(chosen: QuoteUnit[], markers: number[]): string {
  const paragraphs: string[] = [];
  for (let at = 0; at < chosen.length; ) {
    const run = [chosen[at]!];
    while (at + run.length < chosen.length && follows(run.at(-1)!, chosen[at + run.length]!)) run.push(chosen[at + run.length]!);
    const text = runText(run);
    paragraphs.push(`${text}${text.endsWith('\n') ? '' : ' '}[${markers[run[0]!.passage]}]`);
    at += run.length;
  }
  return paragraphs.join('\n\n');
}

function follows(a: QuoteUnit, b: QuoteUnit): boolean {
  return a.passage === b.passage && (b.order === a.order + 1 || (a.kind === 'row' && b.kind === 'row' && a.block === b.block));
}

function runText(run: QuoteUnit[]): string {
  if (run.length === 1 && run[0]!.kind === 'item') return withoutNotes(run[0]!.text.replace(/^(?:[-*+•–]|\d{1,3}[.)])\s+/, ''));
  let text = '';
  for (const [at, unit] of run.entries()) {
    const inline = unit.kind === 'sentence' || unit.kind === 'lead';
    const before = run[at - 1];
    const glue = !before ? ''
      : before.block !== unit.block && before.kind !== 'lead' ? '\n\n' : inline && before.kind === 'sentence' ? ' ' : '\n';
    text += glue + (unit.kind === 'code' ? `\`\`\`\n${unit.text}\n\`\`\`` : withoutNotes(unit.text));
  }
  return text.endsWith('```') ? `${text}\n` : text;
}

/** Footnote marks of the document would read as citations of ours. */
function withoutNotes(text: string): string {
  return text.replace(/\s?\[(?:\d{1,3}|citation needed)\]/g, '');
}
