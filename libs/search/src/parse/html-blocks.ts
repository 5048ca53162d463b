import { type DefaultTreeAdapterTypes as Tree, parse, parseFragment } from 'parse5';
import { SILENT } from './html-measure.js';
import { mainContent } from './main-content.js';
import type { DocumentBuilder } from './parsed-document.js';
import { attribute, childrenOf, isElement, isHidden, isText, rawText } from './html-tree.js';

const INLINE = new Set(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q rp rt ruby s samp small span strike strong ' +
    'sub sup time tt u var wbr output'.split(' '),
);

/** A whole web page: its main content only, without menus, sidebars and footers. */
export function parseHtmlPage(source: string, document: DocumentBuilder): void {
  const page = parse(source);
  const { roots, title } = mainContent(page);
  document.title = title;
  const walker = new Walker(document);
  for (const root of roots) walker.block(root);
  walker.flush();
}

/** A piece of HTML taken whole: out of Markdown, or what a word processor's file was turned into. */
export function addHtml(source: string, document: DocumentBuilder): void {
  const walker = new Walker(document);
  for (const node of childrenOf(parseFragment(source))) walker.block(node);
  walker.flush();
}

export function textOfHtml(source: string): string {
  return collapse(rawText(parseFragment(source), SILENT));
}

export function decodeEntities(text: string): string {
  return rawText(parseFragment(text.replaceAll('<', '&lt;')), SILENT);
}

function collapse(text: string): string {
  return text.replace(/[\s\u00a0]+/gu, ' ').trim();
}

/** Depth past which nested elements are read as plain text: pages of thousands of nested tags would otherwise end the stack. */
const MAX_DEPTH = 400;

class Walker {
  private line = '';
  private depth = 0;

  constructor(private readonly document: DocumentBuilder) {}

  /** Ends the running paragraph. */
  flush(): void {
    const text = this.line.replace(/[^\S\n]+/gu, ' ').replace(/ ?\n ?/g, '\n');
    this.line = '';
    this.document.add('paragraph', text.trim());
  }

  block(node: Tree.Node): void {
    if (isText(node)) {
      this.line += node.value.replace(/[\s\u00a0]+/gu, ' ');
      return;
    }
    if (!isElement(node) || SILENT.has(node.tagName) || isHidden(node)) return;
    if (++this.depth > MAX_DEPTH) this.line += collapse(rawText(node, SILENT));
    else this.element(node);
    this.depth--;
  }

  private element(node: Tree.Element): void {
    const tag = node.tagName;
    if (tag === 'br') this.line += '\n';
    else if (INLINE.has(tag)) this.children(node);
    else if (/^h[1-6]$/.test(tag)) this.own('heading', collapse(rawText(node, SILENT)), Number(tag[1]));
    else if (tag === 'pre') this.own('code', rawText(node, SILENT));
    else if (tag === 'ul' || tag === 'ol') this.own('list', this.list(node, ''));
    else if (tag === 'table' && !isLayout(node)) this.own('table', this.table(node));
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

  private list(node: Tree.Element, indent: string): string {
    if (indent.length > 40) return collapse(rawText(node, SILENT));
    let number = Number(attribute(node, 'start') ?? 1);
    const lines: string[] = [];
    for (const item of childrenOf(node)) {
      if (!isElement(item) || isHidden(item)) continue;
      const nested: string[] = [];
      const words = collapse(rawText(item, SILENT, (child) => {
        if (child.tagName !== 'ul' && child.tagName !== 'ol') return false;
        nested.push(this.list(child, `${indent}  `));
        return true;
      }));
      const mark = node.tagName === 'ol' ? `${number++}. ` : '- ';
      if (words !== '' || nested.length > 0) lines.push(`${indent}${mark}${words}`, ...nested.filter((line) => line !== ''));
    }
    return lines.join('\n');
  }

  private table(node: Tree.Element): string {
    return rowsOf(node)
      .map((row) => childrenOf(row).filter(isElement).filter((cell) => cell.tagName === 'td' || cell.tagName === 'th')
        .map((cell) => collapse(rawText(cell, SILENT))))
      .filter((cells) => cells.some((cell) => cell !== ''))
      .map((cells) => cells.join(' | '))
      .join('\n');
  }
}

function rowsOf(node: Tree.Element): Tree.Element[] {
  return childrenOf(node).filter(isElement)
    .flatMap((child) => (child.tagName === 'tr' ? [child] : ['thead', 'tbody', 'tfoot'].includes(child.tagName) ? rowsOf(child) : []));
}

/** Old pages lay out with tables: one that holds blocks, or has a single column, is read as running text. */
function isLayout(node: Tree.Element): boolean {
  const rows = rowsOf(node);
  const cells = rows.map((row) => childrenOf(row).filter(isElement));
  return cells.every((row) => row.length <= 1) || cells.flat()
    .some((cell) => childrenOf(cell)
      .some((child) => isElement(child) && ['table', 'ul', 'ol', 'h1', 'h2', 'h3', 'pre', 'article', 'section'].includes(child.tagName)));
}
