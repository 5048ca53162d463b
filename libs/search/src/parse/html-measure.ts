import type { DefaultTreeAdapterTypes as Tree } from 'parse5';
import { attribute, childrenOf, isElement, isText } from './html-tree.js';

/** What is inside an element, counted in one pass over the page. */
interface Measure {
  words: number;
  linkWords: number;
  /** Words in runs of text that are long enough to be sentences and are no link. */
  prose: number;
  /** Commas of prose: a cheap sign of written sentences in every language. */
  commas: number;
  /** `p` elements of eight words or more. */
  paragraphs: number;
}

/** Never words of a page, whatever is inside. */
export const SILENT: ReadonlySet<string> = new Set([
  'script', 'style', 'noscript', 'template', 'svg', 'math', 'canvas', 'iframe', 'object', 'embed', 'video', 'audio', 'head', 'button',
  'select', 'input', 'textarea', 'dialog',
]);

/** Of these, the ones that say something to a reader: formulas, and what was filled in. They are read and not measured. */
export const SPEAKING: ReadonlySet<string> = new Set(['math', 'input', 'select', 'textarea']);

const WORD = /[\p{L}\p{N}]+/gu;
/** Scripts without spaces: two characters count as a word. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu;
const PROSE_WORDS = 7;

export type Measures = Map<Tree.Node, Measure>;

export function measure(root: Tree.Node): Measures {
  const measures: Measures = new Map();
  const order: Tree.Node[] = [];
  const open: Tree.Node[] = [root];
  while (open.length > 0) {
    const node = open.pop()!;
    if (isElement(node) && SILENT.has(node.tagName)) continue;
    order.push(node);
    measures.set(node, isText(node) ? ofText(node) : { words: 0, linkWords: 0, prose: 0, commas: 0, paragraphs: 0 });
    open.push(...childrenOf(node));
  }
  for (let index = order.length - 1; index >= 0; index--) settle(order[index]!, measures);
  return measures;
}

/** Children come after their parent in the order, so walking it backwards finds every child settled. */
function settle(node: Tree.Node, measures: Measures): void {
  const mine = measures.get(node)!;
  for (const child of childrenOf(node)) {
    const part = measures.get(child);
    if (!part) continue;
    mine.words += part.words;
    mine.linkWords += part.linkWords;
    mine.prose += part.prose;
    mine.commas += part.commas;
    mine.paragraphs += part.paragraphs;
  }
  if (!isElement(node)) return;
  if (node.tagName === 'a' && !(attribute(node, 'href') ?? '#').startsWith('#')) {
    mine.linkWords = mine.words;
    mine.prose = 0;
    mine.commas = 0;
  }
  if (node.tagName === 'p' && mine.words >= 8) {
    mine.paragraphs += 1;
    if (mine.linkWords < 0.5 * mine.words) mine.prose = mine.words;
  }
}

function ofText(node: Tree.TextNode): Measure {
  const words = (node.value.match(WORD) ?? []).length + ((node.value.match(UNSPACED) ?? []).length >> 1);
  const prose = words >= PROSE_WORDS ? words : 0;
  return { words, linkWords: 0, prose, commas: prose ? (node.value.match(/[,،、，;]/gu) ?? []).length : 0, paragraphs: 0 };
}

const EMPTY: Measure = { words: 0, linkWords: 0, prose: 0, commas: 0, paragraphs: 0 };

export function measureOf(node: Tree.Node, measures: Measures): Measure {
  return measures.get(node) ?? EMPTY;
}

export function linkShare(node: Tree.Node, measures: Measures): number {
  const { words, linkWords } = measureOf(node, measures);
  return words === 0 ? 0 : linkWords / words;
}
