import type { DefaultTreeAdapterTypes as Tree } from 'parse5';
import { type Measures, SILENT, SPEAKING, linkShare, measure, measureOf } from './html-measure.js';
import { isChapter } from './html-chapter.js';
import { attribute, childrenOf, isElement, isText, rawText } from './html-tree.js';

const FURNITURE = new Set(['nav', 'aside', 'footer', 'form']);
const FURNITURE_ROLES = new Set(['navigation', 'banner', 'contentinfo', 'complementary', 'search', 'menu', 'menubar', 'dialog', 'alert',
  'toolbar', 'alertdialog']);

/** Words of class and id names by which the web calls its furniture, and those that speak for content. */
const UNLIKELY = /(?:^|[-_ ])(?:ad|ads|advert\w*|adsense|banner|breadcrumbs?|byline|comments?|commentlist|disqus|cookies?|consent|footer|foot|gdpr|hidden|masthead|menu\w*|modal|more-?(?:on|in|from|stories)|nav|navbar|navigation|newsletter|outbrain|pager|pagination|paywall|popup|print|promo\w*|recirc\w*|recommend\w*|related\w*|replies|respond|rss|share|sharing|sharedaddy|shop|sidebar\w*|signup|skip|skyscraper|social\w*|sponsor\w*|subscribe|subscription|tags?|taboola|teaser|toc|toolbar|tooltip|trending|widget\w*|most-?(?:read|popular)|popular|read-?(?:more|next)|also-?(?:read|like)|credit|author-?\w*|meta|timestamp|dateline)(?:$|[-_ ])/i;
const LIKELY = /article|body|content|entry|main|page|post|story|text|blog|column/i;

interface Found {
  roots: Tree.Node[];
  title: string | null;
}

/**
 * Finds the part of a web page that a reader came for. Paragraphs give their weight (length and commas) to the elements around them, as
 * Arc90's Readability did first; the heaviest element, less the share of its words that are links, and its siblings of like weight
 * are the content. Where that would leave most of the prose out, the page is no article and is kept whole, less its furniture.
 */
export function mainContent(page: Tree.Document): Found {
  const html = childrenOf(page).filter(isElement).find((node) => node.tagName === 'html')!;
  const head = childrenOf(html).filter(isElement).find((node) => node.tagName === 'head');
  const body = childrenOf(html).filter(isElement).find((node) => node.tagName === 'body');
  if (!body) return { roots: [], title: null };
  const title = titleOf(head);
  prune(body, (node, all) => isFurniture(node, all, body));
  const measures = measure(body);
  const weights = weigh(body, measures);
  const heavy = heaviest(weights, measures);
  if (!heavy) return { roots: [body], title };
  const best = widened(heavy, measures);
  const roots = withSiblings(best, weights, measures);
  const kept = roots.reduce((sum, root) => sum + measureOf(root, measures).prose, 0);
  if (kept < 0.3 * measureOf(body, measures).prose) return { roots: [body], title };
  for (const root of roots) if (isElement(root)) prune(root, isMenu);
  return { roots: withHeading(body, roots), title };
}

function titleOf(head: Tree.Element | undefined): string | null {
  const elements = head ? childrenOf(head).filter(isElement) : [];
  const social = elements.find((node) => node.tagName === 'meta' && attribute(node, 'property') === 'og:title');
  const title = elements.find((node) => node.tagName === 'title');
  const text = (social && attribute(social, 'content')) || (title && rawText(title, new Set())) || '';
  return text.replace(/\s+/g, ' ').trim() || null;
}

/** Takes out every element below `root` for which `unwanted` answers true. */
function prune(root: Tree.Element, unwanted: (node: Tree.Element, measures: Measures) => boolean): void {
  const measures = measure(root);
  const open: Tree.Element[] = [root];
  while (open.length > 0) {
    const node = open.pop()!;
    node.childNodes = node.childNodes.filter((child) => isText(child) || (isElement(child) && !unwanted(child, measures)));
    open.push(...node.childNodes.filter(isElement));
  }
}

function isFurniture(node: Tree.Element, measures: Measures, body: Tree.Element): boolean {
  if (SILENT.has(node.tagName) && !SPEAKING.has(node.tagName)) return true;
  const { tagName } = node;
  if (tagName === 'article' || tagName === 'main' || /^h[1-6]$/.test(tagName)) return false;
  const { paragraphs, prose } = measureOf(node, measures);
  const elsewhere = measureOf(body, measures).prose - prose;
  // A wrapper with an unlucky name (`page-with-sidebar`), or a form around the whole page, holds nearly all there is to read.
  if (elsewhere < 0.3 * prose + 40 && paragraphs + prose > 0) return false;
  if (FURNITURE.has(tagName) || FURNITURE_ROLES.has(attribute(node, 'role') ?? '')) return true;
  if (tagName === 'header') return paragraphs === 0 && !childrenOf(node).some((child) => isElement(child) && child.tagName === 'h1');
  const name = nameOf(node);
  return name !== '' && UNLIKELY.test(name) && !(LIKELY.test(name) && paragraphs >= 3) && !isChapter(node, measures);
}

function nameOf(node: Tree.Element): string {
  return `${attribute(node, 'class') ?? ''} ${attribute(node, 'id') ?? ''}`.trim();
}

function weigh(body: Tree.Element, measures: Measures): Map<Tree.Element, number> {
  const weights = new Map<Tree.Element, number>();
  for (const node of measures.keys()) {
    if (!isElement(node) || !isParagraph(node)) continue;
    const { words, commas } = measureOf(node, measures);
    if (words < 5) continue;
    const weight = 1 + commas + Math.min(words / 17, 3);
    let parent: Tree.ParentNode | null = isBlock(node) ? node : node.parentNode;
    for (let step = 0; step < 5 && parent && isElement(parent as Tree.Node); step++) {
      const holder = parent as Tree.Element;
      const share = step === 0 ? 1 : step === 1 ? 0.5 : 1 / (step * 3);
      weights.set(holder, (weights.get(holder) ?? bonus(holder)) + weight * share);
      parent = holder.parentNode;
    }
  }
  weights.delete(body.parentNode as Tree.Element);
  return weights;
}

function isBlock(node: Tree.Element): boolean {
  return node.tagName === 'div' || node.tagName === 'section';
}

function isParagraph(node: Tree.Element): boolean {
  if (['p', 'pre', 'td', 'blockquote', 'dd', 'h2', 'h3', 'li'].includes(node.tagName)) return true;
  return isBlock(node) && childrenOf(node).some((child) => isText(child) && child.value.trim().length > 40);
}

function bonus(node: Tree.Element): number {
  const byTag: Record<string, number> = { article: 20, main: 15, div: 5, pre: 3, td: 3, blockquote: 3, ol: -3, ul: -3, dl: -3, form: -3,
    th: -5 };
  const name = nameOf(node);
  return (byTag[node.tagName] ?? 0) + (LIKELY.test(name) ? 15 : 0) - (UNLIKELY.test(name) ? 20 : 0)
    + (attribute(node, 'itemprop') === 'articleBody' ? 40 : 0) + (attribute(node, 'role') === 'main' ? 15 : 0);
}

function heaviest(weights: Map<Tree.Element, number>, measures: Measures): Tree.Element | undefined {
  let best: Tree.Element | undefined;
  let most = 0;
  for (const [node, weight] of weights) {
    const scaled = weight * (1 - linkShare(node, measures));
    weights.set(node, scaled);
    if (scaled > most) {
      most = scaled;
      best = node;
    }
  }
  return best;
}

/** An article cut into several boxes by what stands between them: the element around is taken while it adds much prose and few links. */
function widened(found: Tree.Element, measures: Measures): Tree.Element {
  let best = found;
  for (let parent = best.parentNode; parent && isElement(parent as Tree.Node); parent = (parent as Tree.Element).parentNode) {
    const wider = parent as Tree.Element;
    if (wider.tagName === 'body' || wider.tagName === 'html') break;
    const inner = measureOf(best, measures);
    const outer = measureOf(wider, measures);
    const added = outer.prose - inner.prose;
    if (added > 0.25 * inner.prose && added > 0.75 * (outer.words - inner.words)) best = wider;
  }
  return best;
}

function withSiblings(best: Tree.Element, weights: Map<Tree.Element, number>, measures: Measures): Tree.Node[] {
  const parent = best.parentNode;
  if (!parent || best.tagName === 'body') return [best];
  const threshold = Math.max(10, weights.get(best)! * 0.2);
  return childrenOf(parent).filter((node) => {
    if (node === best) return true;
    if (!isElement(node)) return false;
    if ((weights.get(node) ?? 0) >= threshold) return true;
    return node.tagName === 'p' && measureOf(node, measures).words > 10 && linkShare(node, measures) < 0.25;
  });
}

/** Inside the content: lists and boxes that are mostly links are menus that were put there. */
function isMenu(node: Tree.Element, measures: Measures): boolean {
  const { words, prose } = measureOf(node, measures);
  const share = linkShare(node, measures);
  switch (node.tagName) {
    case 'p':
      return share > 0.9 && words < 25;
    case 'table':
      return share > 0.7 && words > 10;
    case 'div': case 'section': case 'ul': case 'ol': case 'dl': case 'figure':
      return words > 0 && ((share > 0.5 && prose < 0.3 * words && words < 300) || share > 0.75);
    default:
      return false;
  }
}

/** The page's h1 belongs to the content also where it stands outside of it. */
function withHeading(body: Tree.Element, roots: Tree.Node[]): Tree.Node[] {
  const headings = [...measure(body).keys()].filter(isElement).filter((node) => node.tagName === 'h1');
  const [only] = headings;
  if (headings.length !== 1 || roots.some((root) => contains(root, only!))) return roots;
  return [only!, ...roots];
}

function contains(root: Tree.Node, wanted: Tree.Element): boolean {
  let node: Tree.Node | null = wanted;
  while (node && node !== root) node = isElement(node) ? (node.parentNode as Tree.Node | null) : null;
  return node === root;
}
