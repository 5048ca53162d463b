import type { DefaultTreeAdapterTypes as Tree } from 'parse5';
import { SILENT } from './html-measure.js';
import { BREAKING, attribute, childrenOf, isElement, isText, rawText } from './html-tree.js';
import { InlineText } from './inline-text.js';
import { mathmlText } from './mathml.js';

/** Which addresses of links are written behind their words. */
export type Addresses = 'none' | 'elsewhere' | 'all';

interface InlineOptions {
  addresses: Addresses;
  /** Answers true for an element that it has taken care of. */
  skip?: (node: Tree.Element) => boolean;
}

export const TICKED = '☑';
export const UNTICKED = '☐';

/** Depth past which nested elements are read as plain text: pages of thousands of nested tags would otherwise end the stack. */
export const MAX_DEPTH = 400;

/** The words of an element on one line, blocks inside it parted by a space. */
export function lineOf(node: Tree.Element, options: InlineOptions): string {
  const out = new InlineText();
  for (const child of childrenOf(node)) inline(child, out, options);
  return collapse(out.text);
}

export function collapse(text: string): string {
  return text.replace(/[\s\u00a0]+/gu, ' ').trim();
}

/** Adds what a node says to a line. */
export function inline(node: Tree.Node, out: InlineText, options: InlineOptions, depth = 0): void {
  if (isText(node)) return out.add(node.value.replace(/[\s\u00a0]+/gu, ' '));
  if (!isElement(node)) return;
  if (depth > MAX_DEPTH) return out.add(collapse(rawText(node, SILENT)));
  if (control(node, out) || SILENT.has(node.tagName) || options.skip?.(node)) return;
  const inner = (to: InlineText): void => childrenOf(node).forEach((child) => inline(child, to, options, depth + 1));
  switch (node.tagName) {
    case 'br':
      return out.add('\n');
    case 'sup': case 'sub': {
      const small = new InlineText();
      inner(small);
      if (node.tagName === 'sub') out.lower(small.text);
      else if (isNote(node)) out.note(collapse(small.text));
      else out.raise(small.text);
      return;
    }
    case 'q':
      out.add('“');
      inner(out);
      return out.add('”');
    case 'rp':
      return;
    case 'rt':
      out.add('(');
      inner(out);
      return out.add(')');
    case 'img':
      return out.add(` ${shortAlt(node)} `);
    case 'a': {
      const from = out.text.length;
      inner(out);
      const href = addressOf(node, options.addresses);
      if (href) out.link(from, href);
      return;
    }
    default:
      if (BREAKING.has(node.tagName)) out.add(' ');
      inner(out);
      if (BREAKING.has(node.tagName)) out.add(' ');
  }
}

/** Formulas and fields of forms: a box that is not ticked must never read like a statement. */
function control(node: Tree.Element, out: InlineText): boolean {
  const role = attribute(node, 'role') ?? '';
  if (/^(?:menuitem)?(?:checkbox|radio)$|^switch$/.test(role) && attribute(node, 'aria-checked') !== undefined) {
    out.add(`${attribute(node, 'aria-checked') === 'true' ? TICKED : UNTICKED} `);
    return node.tagName === 'input';
  }
  switch (node.tagName) {
    case 'math':
      out.add(mathmlText(node));
      return true;
    case 'input': {
      const type = (attribute(node, 'type') ?? 'text').toLowerCase();
      if (type === 'checkbox' || type === 'radio') out.add(`${attribute(node, 'checked') === undefined ? UNTICKED : TICKED} `);
      else if (/^(?:text|number|date|email|tel|url|time|month|week|datetime-local)$/.test(type)) out.add(` ${attribute(node,
        'value') ?? ''} `);
      return true;
    }
    case 'select': {
      const choices = optionsOf(node);
      const chosen = choices.filter((one) => attribute(one, 'selected') !== undefined);
      out.add(` ${chosen.map((one) => collapse(rawText(one, SILENT))).join(', ')} `);
      return true;
    }
    case 'textarea':
      out.add(` ${rawText(node, new Set())} `);
      return true;
  }
  return false;
}

function optionsOf(node: Tree.Node): Tree.Element[] {
  return childrenOf(node).filter(isElement).flatMap((child) => (child.tagName === 'option' ? [child] : optionsOf(child)));
}

/** A raised number that leads to a note of the same page. */
function isNote(node: Tree.Element): boolean {
  const link = childrenOf(node).filter(isElement).find((child) => child.tagName === 'a');
  return (link ? /^[^?]*#/.test(attribute(link, 'href') ?? '') : /footnote|\bfn/i.test(attribute(node, 'class') ?? ''));
}

/** Pictures that stand for a word: ticks of a table, signs in a sentence. Longer texts describe pictures. */
function shortAlt(node: Tree.Element): string {
  const alt = attribute(node, 'alt') ?? '';
  return /^\S{1,20}$/u.test(alt) && !/\.\w{3,4}$/.test(alt) ? alt : '';
}

const ELSEWHERE = /^(?:https?:\/\/[^/]|mailto:|tel:)/i;
/** An address of the same site that leads to a file and not to a page. */
const A_FILE = /^[^?#]+\.(?:pdf|docx?|xlsx?|pptx?|odt|ods|csv|zip|txt|ics|json|xml|yaml|yml)$/i;

function addressOf(node: Tree.Element, addresses: Addresses): string | undefined {
  const href = attribute(node, 'href')?.trim() ?? '';
  if (addresses === 'none' || href === '' || href.startsWith('#')) return undefined;
  if (ELSEWHERE.test(href) || A_FILE.test(href)) return href;
  return addresses === 'all' && !/^[a-z][a-z\d+.-]*:|\.(?:md|mdx|html?)(?:#|$)/i.test(href) ? href : undefined;
}
