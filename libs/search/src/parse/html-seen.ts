import type { DefaultTreeAdapterTypes as Tree } from 'parse5';
import { type Colour, WHITE, alike, colourOf } from './colour.js';
import { Openable } from './html-openable.js';
import { type Declared, StyleSheets } from './html-style.js';
import { attribute, childrenOf, isElement, isText, rawText } from './html-tree.js';

/** How text at a place of the page is painted, as far as it is known. */
interface Paint {
  colour: Colour | 'transparent' | undefined;
  background: Colour | undefined;
  tiny: boolean;
  invisible: boolean;
}

/** Text that was taken out, and the element it stood in. */
export interface LeftOut {
  code: 'hidden-text' | 'struck-text';
  from: Tree.ParentNode;
}

interface Place {
  node: Tree.ParentNode;
  paint: Paint;
}

const STRUCK = new Set(['del', 's', 'strike']);
/** Hidden words that are told to the file's owner; fewer are labels for machines. */
const TOLD_WORDS = 5;

/**
 * Takes out of a page what its reader does not see, or sees struck through: a favourite place for planted instructions, and for prices that
 * no longer hold. What the reader can open (tabs, accordions) stays. Returns what was taken out from where.
 */
export function dropUnseen(root: Tree.Document | Tree.DocumentFragment): LeftOut[] {
  const leftOut: LeftOut[] = [];
  const styles = new StyleSheets(root);
  const openable = new Openable(root);
  const known = !hasForeignSheets(root);
  const open: Place[] = [{ node: root, paint: { colour: undefined, background: known ? WHITE : undefined, tiny: false,
    invisible: false } }];
  const hide = (node: Tree.Node, from: Tree.ParentNode): void => {
    const text = isText(node) ? node.value : rawText(node, SOURCES);
    if ((text.match(/[\p{L}\p{N}]+/gu) ?? []).length >= TOLD_WORDS) leftOut.push({ code: 'hidden-text', from });
  };
  while (open.length > 0) {
    const { node, paint } = open.pop()!;
    const kept: Tree.ChildNode[] = [];
    for (const child of node.childNodes) {
      if (isText(child)) {
        if (child.value.trim() !== '' && unseen(paint)) hide(child, node);
        else kept.push(child);
      } else if (isElement(child) && !SOURCES.has(child.tagName)) {
        const declared = styles.declared(child);
        if (STRUCK.has(child.tagName) || isStruck(declared)) {
          leftOut.push({ code: 'struck-text', from: node });
          kept.push(space(node));
        } else if (isHidden(child, declared) && !holdsFormula(child) && !openable.opens(child)) hide(child, node);
        else {
          kept.push(child);
          open.push({ node: child, paint: painted(paint, declared) });
        }
      } else if (isElement(child) || child.nodeName === '#documentType') kept.push(child);
    }
    node.childNodes = kept;
  }
  return leftOut;
}

/** Elements whose text is a program or a sheet: never words, and taken out elsewhere. */
const SOURCES: ReadonlySet<string> = new Set(['script', 'style', 'template', 'noscript']);

function space(parentNode: Tree.ParentNode): Tree.TextNode {
  return { nodeName: '#text', value: ' ', parentNode };
}

function hasForeignSheets(root: Tree.Node): boolean {
  const open: Tree.Node[] = [root];
  while (open.length > 0) {
    const node = open.pop()!;
    if (isElement(node) && node.tagName === 'link' && /stylesheet/i.test(attribute(node, 'rel') ?? '')) return true;
    if (isElement(node) && node.tagName === 'style' && /@import/.test(rawText(node, new Set()))) return true;
    open.push(...childrenOf(node));
  }
  return false;
}

function unseen({ colour, background, tiny, invisible }: Paint): boolean {
  return tiny || invisible || colour === 'transparent' || (colour !== undefined && background !== undefined && alike(colour, background));
}

function painted(above: Paint, declared: Declared): Paint {
  if (declared.size === 0) return above;
  const paint = { ...above };
  const colour = declared.get('color');
  if (colour) paint.colour = colour === 'inherit' ? above.colour : colourOf(colour);
  const background = declared.get('background-color') ?? declared.get('background');
  if (background) {
    const found = background.split(/\s+(?![^(]*\))/).map(colourOf).find((one) => one !== undefined);
    paint.background = found === 'transparent' || /^(?:none|inherit|unset)$/.test(background) ? above.background : found;
  }
  if (/url\(|gradient/.test(`${declared.get('background-image') ?? ''}${declared.get('background') ?? ''}`)) paint.background = undefined;
  const size = declared.get('font-size') ?? /(?:^|\s)([\d.]+(?:px|pt|em|rem|%))/.exec(declared.get('font') ?? '')?.[1];
  if (size) paint.tiny = isTiny(size, above.tiny);
  const visibility = declared.get('visibility');
  if (visibility) paint.invisible = visibility === 'hidden' || visibility === 'collapse';
  return paint;
}

function isTiny(size: string, above: boolean): boolean {
  const number = parseFloat(size);
  if (number === 0) return true;
  if (/^[\d.]+(?:px|pt)$/.test(size)) return number <= 1.5;
  return /(?:em|%)$/.test(size) && !size.endsWith('rem') ? above || number < (size.endsWith('%') ? 10 : 0.1) : false;
}

function isStruck(declared: Declared): boolean {
  return /line-through/.test(`${declared.get('text-decoration') ?? ''} ${declared.get('text-decoration-line') ?? ''}`);
}

function isHidden(node: Tree.Element, declared: Declared): boolean {
  const of = (name: string): string => declared.get(name) ?? '';
  if (attribute(node, 'hidden') !== undefined && of('display') === '') return true;
  if (attribute(node, 'aria-hidden') === 'true' || of('display') === 'none' || of('mso-hide') === 'all') return true;
  if (of('content-visibility') === 'hidden' || parseFloat(of('opacity')) <= 0.05) return true;
  if (/^(?:absolute|fixed)/.test(of('position')) && ['left', 'right', 'top', 'bottom'].some((side) => isFarOff(of(side)))) return true;
  if (['text-indent', 'margin-left', 'margin-top'].some((name) => isFarOff(of(name)))) return true;
  if (/rect\(\s*(?:0|1px|0px)[\s,]+(?:0|1px|0px)[\s,]+(?:0|1px|0px)[\s,]+(?:0|1px|0px)\s*\)/.test(of('clip'))) return true;
  if (/inset\(\s*(?:50|100)%|circle\(\s*0/.test(of('clip-path'))) return true;
  if (/scale[xy]?\(\s*0(?:\.0+)?\s*[,)]|translate[xy3d]*\([^)]*-\d{3,}/.test(of('transform'))) return true;
  return /hidden|clip/.test(of('overflow')) && ['width', 'height', 'max-width', 'max-height'].some((name) =>
    /^[01](?:px)?$/.test(of(name)));
}

/** Half a thousand pixels outside of the page. */
function isFarOff(value: string): boolean {
  return /^-\d/.test(value) && (/(?:vw|vh|%)$/.test(value) ? parseFloat(value) <= -100 : /(?:em|rem)$/.test(value)
    ? parseFloat(value) <= -30 : parseFloat(value) <= -500);
}

/** A formula for machines beside its picture: the only form of it that can be read. */
function holdsFormula(node: Tree.Element): boolean {
  return node.tagName === 'math' || childrenOf(node).find(isElement)?.tagName === 'math';
}
