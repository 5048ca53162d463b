import type { DefaultTreeAdapterTypes as Tree } from 'parse5';
import { attribute, childrenOf, isElement, isText } from './html-tree.js';

/** What an element's styles say, by property, lower case; its own `style` and the page's style sheets. */
export type Declared = ReadonlyMap<string, string>;

/** The properties by which text is hidden, struck or coloured; others are not looked at. */
const LOOKED_AT = new Set(['display', 'visibility', 'opacity', 'font-size', 'color', 'background', 'background-color', 'background-image',
  'position', 'left', 'right', 'top', 'bottom', 'margin-left', 'margin-top', 'text-indent', 'clip', 'clip-path', 'width', 'height',
  'max-width', 'max-height', 'overflow', 'transform', 'text-decoration', 'text-decoration-line', 'mso-hide', 'content-visibility',
  'font']);
const MAX_RULES = 2_000;

interface Rule {
  /** The element itself last, its ancestors before it; each a list of tests. */
  selector: Compound[];
  weight: number;
  declarations: [string, string][];
}

interface Compound {
  tag: string;
  ids: string[];
  classes: string[];
  /** Whether it must be the parent of what follows, and not any ancestor. */
  parent: boolean;
}

/** The page's own style sheets. Rules with pseudo-classes, attributes or conditions of a medium are not taken: they say what may be. */
export class StyleSheets {
  /** By the id, class or tag that the element itself must have. */
  private readonly rules = new Map<string, Rule[]>();
  private count = 0;

  constructor(root: Tree.Node) {
    const open: Tree.Node[] = [root];
    while (open.length > 0) {
      const node = open.pop()!;
      if (isElement(node) && node.tagName === 'style' && !/print/i.test(attribute(node, 'media') ?? '')) this.read(sheetOf(node));
      else open.push(...childrenOf(node));
    }
  }

  declared(node: Tree.Element): Declared {
    const found = new Map<string, string>();
    const classes = new Set((attribute(node, 'class') ?? '').split(/\s+/));
    const keys = [`#${attribute(node, 'id') ?? ''}`, ...[...classes].map((name) => `.${name}`), node.tagName, '*'];
    const rules = keys.flatMap((key) => this.rules.get(key) ?? []).sort((a, b) => a.weight - b.weight);
    for (const { selector, declarations } of rules)
      if (matches(node, selector.at(-1)!, classes) && matchesAbove(node, selector)) for (const [name, value] of declarations)
        found.set(name, value);
    for (const [name, value] of declarationsOf(attribute(node, 'style') ?? '')) found.set(name, value);
    const color = attribute(node, 'color');
    if (node.tagName === 'font' && color) found.set('color', color.toLowerCase());
    const background = attribute(node, 'bgcolor');
    if (background && !found.has('background-color')) found.set('background-color', background.toLowerCase());
    return found;
  }

  private read(sheet: string): void {
    const text = sheet.replace(/\/\*[\s\S]*?\*\//g, '').replace(/<!--|-->/g, '');
    for (const { head, body } of blocksOf(text)) {
      if (head.startsWith('@')) {
        if (/^@media\s+(?:only\s+)?(?:screen|all)\s*$/i.test(head) || /^@layer\b/i.test(head)) this.read(body);
        continue;
      }
      const declarations = declarationsOf(body);
      if (declarations.length === 0) continue;
      for (const selector of head.split(',')) {
        const compounds = compoundsOf(selector);
        if (!compounds || this.count++ >= MAX_RULES) continue;
        const { ids: [id], classes: [name], tag } = compounds.at(-1)!;
        const key = id ? `#${id}` : name ? `.${name}` : tag;
        const rule = { selector: compounds, declarations, weight: weightOf(compounds) + this.count / MAX_RULES };
        this.rules.set(key, [...(this.rules.get(key) ?? []), rule]);
      }
    }
  }
}

function sheetOf(node: Tree.Element): string {
  return childrenOf(node).filter(isText).map((child) => child.value).join('').slice(0, 1_000_000);
}

function blocksOf(text: string): { head: string; body: string }[] {
  const blocks: { head: string; body: string }[] = [];
  let from = 0;
  for (let open = text.indexOf('{'); open >= 0; open = text.indexOf('{', from)) {
    let depth = 1;
    let at = open + 1;
    for (; at < text.length && depth > 0; at++) depth += text[at] === '{' ? 1 : text[at] === '}' ? -1 : 0;
    blocks.push({ head: text.slice(from, open).split(';').at(-1)!.trim(), body: text.slice(open + 1, at - 1) });
    from = at;
  }
  return blocks;
}

function declarationsOf(style: string): [string, string][] {
  return style.split(';').flatMap((part): [string, string][] => {
    const colon = part.indexOf(':');
    const name = part.slice(0, colon).trim().toLowerCase();
    const value = part.slice(colon + 1).replace(/!\s*important/i, '').trim().toLowerCase();
    return LOOKED_AT.has(name) && value !== '' ? [[name, value]] : [];
  });
}

function compoundsOf(selector: string): Compound[] | undefined {
  const parts = selector.trim().replace(/\s*>\s*/g, ' >').split(/\s+/);
  const compounds: Compound[] = [];
  for (const part of parts) {
    const found = /^(>?)([a-z][\w-]*|\*)?((?:[.#][\w-]+)*)$/i.exec(part);
    if (!found || part === '' || part === '>') return undefined;
    if (found[1] === '>' && compounds.length > 0) compounds.at(-1)!.parent = true;
    const names = [...found[3]!.matchAll(/([.#])([\w-]+)/g)];
    compounds.push({ tag: (found[2] ?? '*').toLowerCase(), parent: false,
      ids: names.filter(([, sign]) => sign === '#').map(([, , name]) => name!),
      classes: names.filter(([, sign]) => sign === '.').map(([, , name]) => name!) });
  }
  return compounds;
}

function weightOf(compounds: Compound[]): number {
  return compounds.reduce((sum, { tag, ids, classes }) => sum + ids.length * 10_000 + classes.length * 100 + (tag === '*' ? 0 : 1), 0);
}

function matches(node: Tree.Element, { tag, ids, classes }: Compound, has: ReadonlySet<string>): boolean {
  return (tag === '*' || tag === node.tagName) && classes.every((name) => has.has(name)) &&
    ids.every((id) => attribute(node, 'id') === id);
}

function matchesAbove(node: Tree.Element, selector: Compound[]): boolean {
  let above: Tree.ParentNode | null = node.parentNode;
  for (let at = selector.length - 2; at >= 0; at--) {
    const wanted = selector[at]!;
    for (; ; above = (above as Tree.Element).parentNode) {
      if (!above || !isElement(above as Tree.Node)) return false;
      const element = above as Tree.Element;
      const fits = matches(element, wanted, new Set((attribute(element, 'class') ?? '').split(/\s+/)));
      if (!fits && wanted.parent) return false;
      above = fits ? element.parentNode : above;
      if (fits) break;
    }
  }
  return true;
}
