import type { DefaultTreeAdapterTypes as Tree } from 'parse5';
import { attribute, childrenOf, isElement, rawText } from './html-tree.js';

/** Classes of what a page shows at a click. */
const PANEL = /(?:^|[-_])(?:tabs?|tab-?pane|tab-?panel|tab-?content|accordion\w*|collaps\w*|expand\w*|toggle\w*|spoiler|panel)(?:$|[-_])/i;
const POINTERS = ['aria-controls', 'data-target', 'data-bs-target', 'data-tab', 'data-panel', 'data-toggle-target'];

/** Which hidden parts of a page its reader can open: panels of tabs and accordions. Planted text has no button that shows it. */
export class Openable {
  /** Words of the control that opens the element of an id. */
  private readonly controls = new Map<string, string>();

  constructor(root: Tree.Node) {
    const open: Tree.Node[] = [root];
    while (open.length > 0) {
      const node = open.pop()!;
      if (isElement(node)) this.control(node);
      open.push(...childrenOf(node));
    }
  }

  /** True for a panel; one that does not begin with a heading is then given the words of its control as its first line. */
  opens(node: Tree.Element): boolean {
    const id = attribute(node, 'id') ?? '';
    const label = this.controls.get(id);
    if (label === undefined && attribute(node, 'role') !== 'tabpanel' && attribute(node, 'hidden') !== 'until-found' && !isOneOfASet(node))
      return false;
    if (label && !startsWithHeading(node)) lead(node, label);
    return true;
  }

  private control(node: Tree.Element): void {
    if (node.tagName !== 'button' && node.tagName !== 'a' && node.tagName !== 'summary' && !/^(?:tab|button)$/.test(attribute(node,
      'role') ?? ''))
      return;
    const pointers = POINTERS.map((name) => attribute(node, name));
    if (node.tagName === 'a' && /^(?:tab|button)$/.test(attribute(node, 'role') ?? attribute(node, 'data-toggle') ?? ''))
      pointers.push(attribute(node, 'href'));
    for (const pointer of pointers) {
      const id = pointer?.replace(/^#/, '');
      if (id && !this.controls.has(id)) this.controls.set(id, rawText(node, new Set()).replace(/\s+/g, ' ').trim());
    }
  }
}

/** One of several of the same class, of which another is shown. */
function isOneOfASet(node: Tree.Element): boolean {
  const own = (attribute(node, 'class') ?? '').split(/\s+/).filter((name) => PANEL.test(name));
  if (own.length === 0 || !node.parentNode) return false;
  return childrenOf(node.parentNode).some((other) => other !== node && isElement(other) && attribute(other, 'hidden') === undefined &&
    !/display\s*:\s*none/i.test(attribute(other, 'style') ?? '') &&
    (attribute(other, 'class') ?? '').split(/\s+/).some((name) => own.includes(name)));
}

function startsWithHeading(node: Tree.Element): boolean {
  let first: Tree.Element | undefined = node;
  for (let depth = 0; first && depth < 4; depth++) {
    if (/^h[1-6]$/.test(first.tagName)) return true;
    first = childrenOf(first).find(isElement);
  }
  return false;
}

function lead(node: Tree.Element, label: string): void {
  const paragraph = { nodeName: 'p', tagName: 'p', attrs: [], childNodes: [], namespaceURI: node.namespaceURI,
    parentNode: node } as unknown as Tree.Element;
  paragraph.childNodes = [{ nodeName: '#text', value: label, parentNode: paragraph }];
  node.childNodes = [paragraph, ...node.childNodes];
}
