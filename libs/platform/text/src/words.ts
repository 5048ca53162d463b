/** One word as it is compared: folded to lower case and compatibility form, with its place in the text it came from. */
export interface Word {
  text: string;
  /** UTF-16 offsets into the original text, end exclusive. */
  start: number;
  end: number;
}

/** Letters, marks and digits, held together by the signs that stand inside words (don't, 3.14, e-mail, snake_case, v1.2); or an emoji. */
const RUN = /[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}]|[.,'’_\-‐‑·](?=[\p{L}\p{N}]))*|(?![©®™])\p{Extended_Pictographic}(?:[\ufe0f\u{1f3fb}-\u{1f3ff}]|\u200d\p{Extended_Pictographic})*/gu;
const EMOJI = /^\p{Extended_Pictographic}/u;

/** Scripts written without spaces (and Hangul, whose particles stick to the word): compared by pairs of characters. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー々〆]/u;
const UNSPACED_RUN = new RegExp(`(?:${UNSPACED.source}\\p{M}*)+`, 'gu');
const ASCII = /^[\x00-\x7f]*$/;
const SIMPLE = /^[A-Za-z][a-z]*$/;
const NUMBER = /^\p{N}+(?:[.,]\p{N}+)*$/u;

/**
 * The words of a text, in order. Compounds joined by `-`, `_`, `.` or camelCase give their parts and, where the parts are few, the
 * whole written together as well (`e-mail` -> e, mail, email), so that both spellings meet. Chinese, Japanese, Korean and Thai
 * runs give overlapping pairs of characters, an emoji is a word.
 */
export function words(text: string): Word[] {
  const found: Word[] = [];
  for (const match of text.matchAll(RUN)) {
    const start = match.index;
    const run = match[0];
    // Nine words of ten in English.
    if (SIMPLE.test(run)) {
      found.push({ text: run.toLowerCase(), start, end: start + run.length });
      continue;
    }
    if (EMOJI.test(run)) {
      // Without the sign that asks for colours: the same emoji is written with and without it.
      found.push({ text: run.replaceAll('\ufe0f', ''), start, end: start + run.length });
      continue;
    }
    if (ASCII.test(run) || !UNSPACED.test(run)) {
      spaced(run, start, found);
      continue;
    }
    let from = 0;
    for (const part of run.matchAll(UNSPACED_RUN)) {
      if (part.index > from) spaced(trimmed(run.slice(from, part.index)), start + from, found);
      pairs(part[0], start + part.index, found);
      from = part.index + part[0].length;
    }
    if (from < run.length) spaced(run.slice(from), start + from, found);
  }
  return found;
}

function trimmed(run: string): string {
  return run.replace(/[^\p{L}\p{N}\p{M}]+$/u, '');
}

function fold(text: string): string {
  return (ASCII.test(text) ? text : text.normalize('NFKC')).toLowerCase();
}

function spaced(run: string, start: number, found: Word[]): void {
  if (run === '') return;
  if (NUMBER.test(run)) {
    found.push({ text: number(fold(run)), start, end: start + run.length });
    return;
  }
  const parts = [...run.matchAll(/[^.,_\-‐‑·]+/gu)].flatMap((part) => apostrophes(part[0], part.index));
  const humps = parts.flatMap((part) => camel(part.text, part.at));
  for (const part of humps) found.push({ text: fold(part.text), start: start + part.at, end: start + part.at + part.text.length });
  if (humps.length > 1 && humps.length <= 3 && !/[.,'’]/u.test(run)) {
    found.push({ text: fold(humps.map((part) => part.text).join('')), start, end: start + run.length });
  }
}

interface Part {
  text: string;
  at: number;
}

/** `plane's` -> plane, `l'avion` -> l + avion, `don't` -> don't. */
function apostrophes(text: string, at: number): Part[] {
  const sign = text.search(/['’]/u);
  if (sign < 0) return [{ text, at }];
  const tail = text.slice(sign + 1);
  if (tail === 's' || tail === 'S') return [{ text: text.slice(0, sign), at }];
  if (tail.length > 2) return [{ text: text.slice(0, sign), at }, ...apostrophes(tail, at + sign + 1)].filter((part) => part.text !== '');
  return [{ text: text.replaceAll('’', "'"), at }];
}

/** `indexDocument` -> index + Document, `HTTPServer` -> HTTP + Server; `iPhone` and plain words stay whole. */
function camel(text: string, at: number): Part[] {
  if (!/\p{Ll}\p{Lu}|\p{Lu}{2}\p{Ll}/u.test(text)) return [{ text, at }];
  const cuts = [...text.matchAll(/(?<=\p{Ll}{2})(?=\p{Lu})|(?<=\p{Lu}{2})(?=\p{Lu}\p{Ll}{2})/gu)].map((match) => match.index);
  if (cuts.length === 0) return [{ text, at }];
  return [0, ...cuts].map((cut, index) => ({ text: text.slice(cut, cuts[index]), at: at + cut }));
}

/** 1,000 and 1000 are one number; 3,14 stays. */
function number(text: string): string {
  return /^\p{N}{1,3}(?:,\p{N}{3})+(?:\.\p{N}+)?$/u.test(text) ? text.replaceAll(',', '') : text;
}

function pairs(run: string, start: number, found: Word[]): void {
  const characters = [...run.matchAll(/\P{M}\p{M}*/gu)];
  if (characters.length === 1) {
    found.push({ text: fold(run), start, end: start + run.length });
    return;
  }
  for (let index = 0; index + 1 < characters.length; index++) {
    const first = characters[index]!;
    const second = characters[index + 1]!;
    found.push({ text: fold(first[0] + second[0]), start: start + first.index, end: start + second.index + second[0].length });
  }
}
