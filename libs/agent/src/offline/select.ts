import { LEANING, type Question, type Scored, termsOf } from './score.js';
import type { Unit } from './units.js';

const MOST_LINES = 10;
/** A second and a third unit must reach these shares of the best one's score. */
const CLOSE = [0.62, 0.75];
/** Words of an item: in a list of longer ones each item speaks of something of its own, and only the fitting one is quoted. */
const SHORT_ITEM = 18;
const SAME = 0.6;
/** The units to quote: one to three of the best, with what they lean on and what follows from them, in the order of the passages. */
export function selectUnits(question: Question, scored: Scored[], units: Unit[]): Unit[] {
  const ranked = [...scored].sort((a, b) => b.score - a.score);
  const best = ranked[0]!;
  const chosen: Scored[] = [best];
  for (const next of ranked.slice(1)) {
    const needed = CLOSE[chosen.length - 1];
    if (needed === undefined || next.score < best.score * needed) break;
    if (next.near.size * 2 < best.near.size) continue;
    if (chosen.some((one) => alike(one.unit, next.unit, question))) continue;
    chosen.push(next);
  }
  const quoted = new Set<Unit>();
  const procedural = question.asked.includes('way') || question.asked.includes('list');
  for (const { unit } of chosen) for (const one of withCompany(unit, units, procedural)) quoted.add(one);
  const rank = new Map(chosen.map(({ unit }, at) => [unit.passage, at] as const).reverse());
  return [...quoted].sort((a, b) => rank.get(a.passage)! - rank.get(b.passage)! || a.order - b.order).slice(0, CLOSE.length + 1 + MOST_LINES);
}

function withCompany(unit: Unit, units: Unit[], procedural: boolean): Unit[] {
  const own = units.filter((one) => one.passage === unit.passage);
  const at = own.indexOf(unit);
  const company = [unit];
  const before = own[at - 1];
  if (before && (before.kind === 'lead' || (unit.kind === 'sentence' && LEANING.test(unit.text) && before.block === unit.block))) company.push(before);
  if (unit.kind === 'code' && before?.kind === 'sentence') company.push(before);
  if (unit.kind === 'item' || unit.kind === 'row') {
    const lead = own.findLast((one, place) => place < at && one.block < unit.block);
    if (lead?.kind === 'lead') company.push(lead);
    const list = own.filter((one) => one.block === unit.block);
    if (procedural && isShort(list)) company.push(...list.slice(0, MOST_LINES));
    else if (unit.kind === 'row') company.push(...list.slice(0, 1));
  }
  const after = own[at + 1];
  if (unit.kind === 'lead' && after) {
    company.push(...own.filter((one) => one.block === after.block).slice(0, MOST_LINES));
  } else if (procedural && after?.kind === 'code') {
    company.push(after);
  }
  return company;
}

function isShort(list: Unit[]): boolean {
  return list.reduce((sum, { text }) => sum + text.split(/\s+/).length, 0) <= SHORT_ITEM * list.length;
}

function alike(a: Unit, b: Unit, { language }: Question): boolean {
  const first = new Set(termsOf(a.text, language));
  const second = new Set(termsOf(b.text, language));
  const common = [...first].filter((term) => second.has(term)).length;
  return common / (Math.min(first.size, second.size) || 1) >= SAME;
}

/** The quoted units as text: sentences run on, list items, rows and code keep their lines; each run of neighbours carries its number. */
export function quote(chosen: Unit[], markers: number[]): string {
  const paragraphs: string[] = [];
  for (let at = 0; at < chosen.length; ) {
    const run = [chosen[at]!];
    while (at + run.length < chosen.length && follows(run.at(-1)!, chosen[at + run.length]!)) run.push(chosen[at + run.length]!);
    paragraphs.push(`${runText(run)} [${markers[run[0]!.passage]}]`);
    at += run.length;
  }
  return paragraphs.join('\n\n');
}

function follows(a: Unit, b: Unit): boolean {
  return a.passage === b.passage && b.order === a.order + 1;
}

function runText(run: Unit[]): string {
  if (run.length === 1 && run[0]!.kind === 'item') return withoutNotes(run[0]!.text.replace(/^(?:[-*+•–]|\d{1,3}[.)])\s+/, ''));
  let text = '';
  for (const [at, unit] of run.entries()) {
    const inline = unit.kind === 'sentence' || unit.kind === 'lead';
    const before = run[at - 1];
    const glue = !before ? '' : before.block !== unit.block && before.kind !== 'lead' ? '\n\n' : inline && before.kind === 'sentence' ? ' ' : '\n';
    text += glue + (unit.kind === 'code' ? `\`\`\`\n${unit.text}\n\`\`\`` : withoutNotes(unit.text));
  }
  return text.endsWith('```') ? `${text}\n` : text;
}

/** Footnote marks of the document would read as citations of ours. */
function withoutNotes(text: string): string {
  return text.replace(/\s?\[(?:\d{1,3}|citation needed)\]/g, '');
}
