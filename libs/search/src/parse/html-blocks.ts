import { type DefaultTreeAdapterTypes as Tree, parse, parseFragment } from 'parse5';
import { type Addresses, MAX_DEPTH, collapse, inline, lineOf } from './html-inline.js';
import { SILENT, SPEAKING } from './html-measure.js';
import { dropUnseen } from './html-seen.js';
import { cellsOf, rowsOf, tableText } from './html-table.js';
import { attribute, childrenOf, isElement, isText, rawText } from './html-tree.js';
import { InlineText } from './inline-text.js';
import { mainContent } from './main-content.js';
import { type NumeralStyle, numeral } from './numerals.js';
import type { DocumentBuilder } from './parsed-document.js';

const INLINE = new Set(('a abbr acronym b bdi bdo big br cite code data dfn em font i img ins kbd label mark q rp rt ruby samp small ' +
  'span strong sub sup time tt u var wbr output math input select textarea').split(' '));

/** A whole web page: its main content only, without menus, sidebars and footers. */
export function parseHtmlPage(source: string, document: DocumentBuilder): void {
  const page = parse(source);
  const leftOut = dropUnseen(page);
  const { roots, title } = mainContent(page);
  // Menus and dialogs that wait for a click are no part of the document anyhow.
  for (const { code, from } of leftOut) if (isAttached(from, roots)) document.warn(code);
  document.title = title;
  const walker = new Walker(document, 'elsewhere');
  for (const root of roots) walker.block(root);
  walker.flush();
}

/** A piece of HTML that is all content: what Markdown was turned into. */
export function parseHtmlFragment(source: string, document: DocumentBuilder): void {
  const fragment = parseFragment(source);
  for (const { code } of dropUnseen(fragment)) document.warn(code);
  const walker = new Walker(document, 'all');
  for (const node of childrenOf(fragment)) walker.block(node);
  walker.flush();
}

/** Whether a node still stands in one of these, and was not taken out with something around it. */
function isAttached(node: Tree.ParentNode, roots: Tree.Node[]): boolean {
  for (let at: Tree.ParentNode | null = node; at; at = isElement(at as Tree.Node) ? (at as Tree.Element).parentNode : null) {
    if (roots.includes(at)) return true;
    const above: Tree.ParentNode | null = isElement(at as Tree.Node) ? (at as Tree.Element).parentNode : null;
    if (!above?.childNodes.includes(at as Tree.ChildNode)) return false;
  }
  return false;
}

class Walker {
  private line = new InlineText();
  private depth = 0;

  constructor(private readonly document: DocumentBuilder, private readonly addresses: Addresses) {}

  /** Ends the running paragraph. */
  flush(): void {
    const text = this.line.text.replace(/[^\S\n]+/gu, ' ').replace(/ ?\n ?/g, '\n');
    this.line = new InlineText();
    this.document.add('paragraph', text.trim());
  }

  block(node: Tree.Node): void {
    if (isText(node)) return inline(node, this.line, { addresses: this.addresses });
    if (!isElement(node) || (SILENT.has(node.tagName) && !SPEAKING.has(node.tagName))) return;
    if (++this.depth > MAX_DEPTH) this.line.add(collapse(rawText(node, SILENT)));
    else this.element(node);
    this.depth--;
  }

  private element(node: Tree.Element): void {
    const tag = node.tagName;
    if (INLINE.has(tag) && !holdsBlocks(node)) inline(node, this.line, { addresses: this.addresses }, this.depth);
    else if (INLINE.has(tag)) this.children(node);
    else if (/^h[1-6]$/.test(tag)) this.own('heading', lineOf(node, { addresses: 'none' }).replace(/\s*[¶#]$/, ''), Number(tag[1]));
    else if (tag === 'pre') this.own('code', rawText(node, SILENT));
    else if (tag === 'ul' || tag === 'ol' || tag === 'menu') this.own('list', this.list(node, ''));
    else if (tag === 'dl') this.definitions(node);
    else if (tag === 'table' && !isLayout(node)) this.table(node);
    else {
      this.flush();
      this.children(node);
      this.flush();
    }
  }

  private children(node: Tree.ParentNode): void {
    for (const child of childrenOf(node)) this.block(child);
  }

  private own(kind: 'heading' | 'list' | 'table' | 'code', text: string, level?: number): void {
    this.flush();
    this.document.add(kind, text, { level });
  }

  private table(node: Tree.Element): void {
    this.flush();
    for (const child of childrenOf(node)) if (isElement(child) && child.tagName === 'caption') this.children(child);
    this.own('table', tableText(node, (cell) => lineOf(cell, { addresses: this.addresses })));
  }

  private list(node: Tree.Element, indent: string): string {
    if (indent.length > 40) return collapse(rawText(node, SILENT));
    const items = childrenOf(node).filter(isElement);
    const step = node.tagName === 'ol' && attribute(node, 'reversed') !== undefined ? -1 : 1;
    let number = Number(attribute(node, 'start') ?? (step > 0 ? 1 : items.filter(({ tagName }) => tagName === 'li').length));
    const lines: string[] = [];
    for (const item of items) {
      const below: string[] = [];
      const words = lineOf(item, { addresses: this.addresses, skip: (child) => this.below(child, indent, below) });
      const value = Number(attribute(item, 'value') ?? NaN);
      if (Number.isInteger(value)) number = value;
      const mark = node.tagName === 'ol' ? `${numeral(number, styleOf(item) ?? styleOf(node) ?? 'decimal')}. ` : '- ';
      if (item.tagName === 'li') number += step;
      if (words !== '' || below.length > 0) lines.push(`${indent}${mark}${words}`.trimEnd(), ...below.filter((line) => line !== ''));
    }
    return lines.join('\n');
  }

  /** What stands inside an item on lines of its own. */
  private below(child: Tree.Element, indent: string, lines: string[]): boolean {
    if (child.tagName === 'ul' || child.tagName === 'ol') lines.push(this.list(child, `${indent}  `));
    else if (child.tagName === 'pre') lines.push(rawText(child, SILENT).replace(/^\n+|\s+$/g, ''));
    else if (child.tagName === 'table' && !isLayout(child)) lines.push(tableText(child, (cell) => lineOf(cell,
      { addresses: this.addresses })));
    else return false;
    return true;
  }

  /** A term goes with its definition: on one line, or, where the definition is long, before it. */
  private definitions(node: Tree.Element): void {
    this.flush();
    const entries = entriesOf(node);
    const short = entries.every(({ definitions }) => definitions.every((one) => !holdsBlocks(one)));
    if (short) {
      const lines = entries.map(({ terms, definitions }) => {
        const [term, words] = [terms, definitions].map((nodes) =>
          nodes.map((one) => lineOf(one, { addresses: this.addresses })).filter((text) => text !== '').join(', '));
        return term === '' || words === '' ? term! + words! : `- ${term!.replace(/\s*:$/, '')}: ${words}`;
      });
      this.document.add('list', lines.filter((line) => line !== '').join('\n'));
      return;
    }
    for (const { terms, definitions } of entries) {
      for (const term of terms) this.line.add(`${lineOf(term, { addresses: 'none' }).replace(/\s*[:¶]$/, '')}: `);
      for (const one of definitions) this.children(one);
      this.flush();
    }
  }
}

interface Entry {
  terms: Tree.Element[];
  definitions: Tree.Element[];
}

function entriesOf(node: Tree.Element): Entry[] {
  const entries: Entry[] = [];
  for (const child of childrenOf(node).filter(isElement).flatMap((one) => (one.tagName === 'div' ? childrenOf(one).filter(isElement)
    : [one]))) {
    const open = entries.at(-1);
    if (child.tagName === 'dt') {
      if (open && open.definitions.length === 0) open.terms.push(child);
      else entries.push({ terms: [child], definitions: [] });
    } else if (open) open.definitions.push(child);
    else entries.push({ terms: [], definitions: [child] });
  }
  return entries;
}

const BLOCKS = new Set(['p', 'div', 'ul', 'ol', 'dl', 'pre', 'table', 'section', 'article', 'blockquote', 'figure', 'h1', 'h2', 'h3', 'h4',
  'h5', 'h6', 'details']);

/** More than one paragraph, or anything that has lines of its own. */
function holdsBlocks(node: Tree.Element): boolean {
  const blocks = childrenOf(node).filter(isElement).filter(({ tagName }) => BLOCKS.has(tagName));
  return blocks.length > 1 || blocks.some(({ tagName }) => tagName !== 'p' && tagName !== 'div');
}

const TYPES: Record<string, NumeralStyle> = { A: 'upperLetter', a: 'lowerLetter', I: 'upperRoman', i: 'lowerRoman',
  'upper-alpha': 'upperLetter', 'lower-alpha': 'lowerLetter', 'upper-latin': 'upperLetter', 'lower-latin': 'lowerLetter',
  'upper-roman': 'upperRoman', 'lower-roman': 'lowerRoman' };

function styleOf(node: Tree.Element): NumeralStyle | undefined {
  return TYPES[attribute(node, 'type') ?? ''] ?? TYPES[/list-style(?:-type)?\s*:\s*([\w-]+)/i.exec(attribute(node,
    'style') ?? '')?.[1] ?? ''];
}

/** Old pages lay out with tables: one that holds blocks, or has a single column, is read as running text. */
function isLayout(node: Tree.Element): boolean {
  const cells = rowsOf(node).map(cellsOf);
  const wide = cells.flat().some((cell) => attribute(cell, 'colspan') !== undefined || attribute(cell, 'rowspan') !== undefined);
  return (cells.every((row) => row.length <= 1) && !wide) || cells.flat()
    .some((cell) => childrenOf(cell)
      .some((child) => isElement(child) && ['table', 'h1', 'h2', 'h3', 'pre', 'article', 'section'].includes(child.tagName)));
}
