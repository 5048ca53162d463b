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

/** Text below a node in document order, without recursion. `skip` answers true for a subtree that it has taken care of. */
export function rawText(root: Tree.Node, silent: ReadonlySet<string>, skip: (node: Tree.Element) => boolean = () => false): string {
  let text = '';
  const open: Tree.Node[] = [root];
  while (open.length > 0) {
    const node = open.pop()!;
    if (isText(node)) text += node.value;
    else if (isElement(node)) {
      if (silent.has(node.tagName)) continue;
      if (node !== root && skip(node)) continue;
      if (node.tagName === 'br') text += '\n';
      else if (BREAKING.has(node.tagName)) text += ' ';
    }
    const children = childrenOf(node);
    for (let index = children.length - 1; index >= 0; index--) open.push(children[index]!);
  }
  return text;
}

export const BREAKING: ReadonlySet<string> = new Set(['p', 'div', 'li', 'tr', 'td', 'th', 'dt', 'dd', 'section', 'article', 'h1', 'h2',
  'h3', 'h4', 'h5', 'h6',
  'blockquote', 'figure', 'figcaption']);
