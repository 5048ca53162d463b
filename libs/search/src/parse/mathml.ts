import type { DefaultTreeAdapterTypes as Tree } from 'parse5';
import { fraction, index, matrix, power, root } from './formula.js';
import { attribute, childrenOf, isElement, isText } from './html-tree.js';

const MAX_DEPTH = 60;

/** A formula of MathML as a line of text. */
export function mathmlText(node: Tree.Node, depth = 0): string {
  if (isText(node)) return node.value.replace(/\s+/g, ' ').trim();
  if (!isElement(node) || depth > MAX_DEPTH) return '';
  const parts = childrenOf(node).filter((child) => isElement(child) || isText(child));
  const inner = (): string => parts.map((part) => mathmlText(part, depth + 1)).join('');
  const [first = '', second = '', third = ''] = TAKES_PARTS.has(node.tagName)
    ? parts.filter(isElement).map((part) => mathmlText(part, depth + 1)) : [];
  switch (node.tagName) {
    case 'mfrac':
      return fraction(first, second);
    case 'msup':
      return power(first, second);
    case 'mover':
      return /^[\p{P}\p{S}]$/u.test(second) ? first + second : power(first, second);
    case 'msub': case 'munder':
      return index(first, second);
    case 'msubsup': case 'munderover':
      return power(index(first, second), third);
    case 'msqrt':
      return root(inner(), '');
    case 'mroot':
      return root(first, second);
    case 'mtable':
      return matrix(parts.filter(isElement).map((row) => childrenOf(row).filter(isElement).map((cell) => mathmlText(cell, depth + 2))));
    case 'mfenced':
      return `${attribute(node, 'open') ?? '('}${parts.filter(isElement).map((part) => mathmlText(part, depth + 1)).join(', ')}` +
        (attribute(node, 'close') ?? ')');
    case 'mo':
      return /^[=<>≤≥≠≈∈→⇒]$/u.test(inner()) ? ` ${inner()} ` : inner();
    case 'mtext':
      return ` ${inner()} `;
    case 'mspace':
      return ' ';
    case 'annotation': case 'annotation-xml': case 'mphantom':
      return '';
    case 'math':
      return inner().replace(/\s+/g, ' ').trim();
    default:
      return inner();
  }
}

const TAKES_PARTS = new Set(['mfrac', 'msup', 'mover', 'msub', 'munder', 'msubsup', 'munderover', 'mroot']);
