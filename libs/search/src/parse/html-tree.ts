import type { DefaultTreeAdapterTypes as Tree } from 'parse5';

export function isElement(node: Tree.Node): node is Tree.Element {
  return 'tagName' in node;
}

export function isText(node: Tree.Node): node is Tree.TextNode {
  return node.nodeName === '#text';
}

export function childrenOf(node: Tree.Node): Tree.ChildNode[] {
  return 'childNodes' in node ? node.childNodes : [];
}

export function attribute(node: Tree.Element, name: string): string | undefined {
  return node.attrs.find((one) => one.name === name)?.value;
}

/** What a reader of the page cannot see is not part of the document: a favourite place for planted instructions. */
export function isHidden(node: Tree.Element): boolean {
  return node.attrs.some(({ name, value }) =>
    name === 'hidden' || (name === 'aria-hidden' && value === 'true') ||
      (name === 'style' && /display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])/i.test(value)));
}

/** Text below a node in document order, without recursion. `skip` answers true for a subtree that it has taken care of. */
export function rawText(root: Tree.Node, silent: ReadonlySet<string>, skip: (node: Tree.Element) => boolean = () => false): string {
  let text = '';
  const open: Tree.Node[] = [root];
  while (open.length > 0) {
    const node = open.pop()!;
    if (isText(node)) text += node.value;
    else if (isElement(node)) {
      if (silent.has(node.tagName) || isHidden(node)) continue;
      if (node !== root && skip(node)) continue;
      if (node.tagName === 'br') text += '\n';
      else if (BREAKING.has(node.tagName)) text += ' ';
    }
    const children = childrenOf(node);
    for (let index = children.length - 1; index >= 0; index--) open.push(children[index]!);
  }
  return text;
}

const BREAKING = new Set(['p', 'div', 'li', 'tr', 'td', 'th', 'dt', 'dd', 'section', 'article', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6',
  'blockquote', 'figure', 'figcaption']);
