/** Numbers of passages in an answer's text: where they stand, and which they are, each of them shown. */
interface CitationMark {
  start: number;
  end: number;
  numbers: number[];
}

const SPACE = String.raw`\s{0,3}`;
const NUMBER = String.raw`\d{1,3}(?:${SPACE}[-–—]${SPACE}\d{1,3})?`;
const NAMES = 'passages?|sources?|docs?|documents?|refs?|references?|citations?|quellen?|passagen?|absatz|absätze|pasajes?|fuentes?|' +
  'fonti?|n|no|nr';
const NAME = String.raw`(?:(?:${NAMES})\b[.:#]?${SPACE}|[#^])?`;
const AND = String.raw`(?:[,;&/+]|(?:,${SPACE})?(?:and|und|et|y|e|en)\b)`;
const NUMBERS = String.raw`${NAME}${NUMBER}\^?(?:${SPACE}${AND}${SPACE}${NAME}${NUMBER}\^?)*`;

const IN_BRACKETS = String.raw`\[{1,2}${SPACE}${NUMBERS}${SPACE}(?:†[^\]\n]{0,80})?\]{1,2}`;
/**
 * In brackets, as models write them: `[3]`, `[1][2]`, `[1, 2]`, `[1-3]`, `[^1]`, `[passage 1]`, `[[1]]`, `【1】`, `【1†source】`; not
 * `list[3]`, and no link.
 */
const BRACKETS = new RegExp(String.raw`(?<![\w\])])(?:${IN_BRACKETS}[ \t]?)+(?<=\])(?![(\w])|【[^】\n]{1,100}】`, 'giu');

const IN_PARENTHESES = String.raw`(?<=[\p{L}\p{N}"”’'%)*_.]\s?)\(${SPACE}${NUMBERS}${SPACE}\)(?=${SPACE}(?:[.,;:!?)]|$|\n))`;
const RAISED = String.raw`(?<=\S)[⁰¹²³⁴⁵⁶⁷⁸⁹]+(?![\p{L}\p{N}])|<sup>${SPACE}${NUMBERS}${SPACE}</sup>`;
const SPOKEN = String.raw`\b(?:passages?|sources?|quellen?|pasajes?|fuentes?)\s${NUMBER}(?:${SPACE}${AND}${SPACE}${NUMBER})*`;
/** In an answer without brackets: `(1)` and `(source 2)` at the end of a clause, raised digits, "according to passage 2". */
const PLAIN = new RegExp([IN_PARENTHESES, RAISED, SPOKEN].join('|'), 'gimu');

export function citationMarks(prose: string, shown: number): CitationMark[] {
  const inBrackets = marks(prose, BRACKETS, shown);
  return inBrackets.length > 0 ? inBrackets : marks(prose, PLAIN, shown);
}

function marks(prose: string, pattern: RegExp, shown: number): CitationMark[] {
  return [...prose.matchAll(pattern)]
    .map(({ 0: mark, index }) => ({ start: index, end: index + mark.length, numbers: numbersOf(mark, shown) }))
    .filter(({ numbers }) => numbers.length > 0);
}

const DIGITS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** One with a nought is an interval or an index; one from a passage to none is a range of something else. */
function numbersOf(mark: string, shown: number): number[] {
  const plain = [...mark].map((one) => (DIGITS.includes(one) ? String(DIGITS.indexOf(one)) : one)).join('');
  // 【4:1†source】 is the passage of a list of lists.
  const told = plain.replace(/†[^\]】]*/g, '').replace(/(?<=【)\s*\d+:(?=\d)/g, '');
  const numbers = [...told.matchAll(/(\d+)(?:\s*[-–—]\s*(\d+))?/g)]
    .flatMap(([, first, last]) => range(Number(first), Number(last ?? first), shown));
  return numbers.includes(0) ? [] : numbers.filter((number) => number <= shown);
}

function range(first: number, last: number, shown: number): number[] {
  if (last === first) return [first];
  return last > first && last <= shown ? Array.from({ length: last - first + 1 }, (_, at) => first + at) : [];
}
