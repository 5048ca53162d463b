import type { DefaultTreeAdapterTypes as Tree } from 'parse5';
import { type Measures, linkShare, measureOf } from './html-measure.js';
import { attribute, childrenOf, isElement, rawText } from './html-tree.js';

/** Names by which pages call their main part. */
const MAIN = /(?:^|[-_ ])(?:main|content|article|document|documentation|markdown|post|entry)(?:$|[-_ ])/i;
/** Words enough to be a statement, and the share of links above which it is a list of them. */
const STATEMENT = 6;
const LINKED = 0.3;

/**
 * Whether an element reads like a chapter of the page, however it is named: generators name a section after its heading, and a heading may
 * say "Tags", "Comments" or "Toolbar". It has a heading or stands in the main part, and prose that is not mostly links; boxes under an
 * article have forms, lists of links, or what readers wrote.
 */
export function isChapter(node: Tree.Element, measures: Measures): boolean {
  const { words, prose, paragraphs } = measureOf(node, measures);
  if (words < STATEMENT || linkShare(node, measures) > LINKED || holds(node, isOfReaders)) return false;
  const heading = headingOf(node);
  if (heading && (isOneOfASeries(node, heading.tagName) || (isNamedAfter(node, heading) && isInMain(node)))) return true;
  return isInMain(node) && prose > 0.6 * words && (paragraphs > 0 || node.tagName === 'p') && !holds(node, (one) => one.tagName === 'img');
}

/** Forms, and what tells who wrote and when. */
function isOfReaders({ tagName }: Tree.Element): boolean {
  return tagName === 'form' || tagName === 'textarea' || tagName === 'iframe' || tagName === 'time';
}

function holds(node: Tree.Element, wanted: (node: Tree.Element) => boolean): boolean {
  const open: Tree.Element[] = [node];
  while (open.length > 0) {
    const one = open.pop()!;
    if (one !== node && wanted(one)) return true;
    open.push(...childrenOf(one).filter(isElement));
  }
  return false;
}

function headingOf(node: Tree.Element): Tree.Element | undefined {
  const first = childrenOf(node).find(isElement);
  if (first && /^h[1-6]$/.test(first.tagName)) return first;
  return first && (first.tagName === 'header' || first.tagName === 'div') ? childrenOf(first).filter(isElement).find(({ tagName }) =>
    /^h[1-6]$/.test(tagName))
    : undefined;
}

/** Beside others that are built alike: same element, heading of the same level. */
function isOneOfASeries(node: Tree.Element, level: string): boolean {
  return node.parentNode !== null && childrenOf(node.parentNode).some((other) =>
    other !== node && isElement(other) && other.tagName === node.tagName && headingOf(other)?.tagName === level && holds(other,
      ({ tagName }) =>
      tagName === 'p' || tagName === 'ul' || tagName === 'ol' || tagName === 'pre' || tagName === 'table'));
}

function isNamedAfter(node: Tree.Element, heading: Tree.Element): boolean {
  const slug = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '');
  return slug(attribute(node, 'id') ?? '') !== '' && slug(attribute(node, 'id')!) === slug(rawText(heading, new Set()));
}

function isInMain(node: Tree.Element): boolean {
  for (let above = node.parentNode; above && isElement(above as Tree.Node); above = (above as Tree.Element).parentNode) {
    const element = above as Tree.Element;
    if (element.tagName === 'main' || element.tagName === 'article' || attribute(element, 'role') === 'main' ||
      MAIN.test(`${attribute(element, 'class') ?? ''} ${attribute(element, 'id') ?? ''}`)) return true;
  }
  return false;
}
