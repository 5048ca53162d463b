import { type Xml, at, elements, on, val } from './xml.js';

/** How a run of text looks, as far as it changes what is read. */
export interface Look {
  hidden?: boolean;
  struck?: boolean;
  align?: 'superscript' | 'subscript' | 'baseline';
  colour?: string;
  shaded?: boolean;
  font?: string;
}

interface Style {
  name: string;
  basedOn: string | undefined;
  paragraph: Xml | undefined;
  run: Xml | undefined;
}

const MAX_CHAIN = 20;

/** The styles of a document, each with what it inherits. */
export class Styles {
  private readonly styles = new Map<string, Style>();
  private readonly standard: string | undefined;

  constructor(part: Xml | undefined) {
    for (const node of elements(part).filter(({ name }) => name === 'w:style')) {
      const id = node.attributes['w:styleId'] ?? '';
      this.styles.set(id, { name: val(node, 'w:name') ?? '', basedOn: val(node, 'w:basedOn'), paragraph: at(node, 'w:pPr'), run: at(node,
        'w:rPr') });
      if (node.attributes['w:type'] === 'paragraph' && /^(?:1|true)$/.test(node.attributes['w:default'] ?? '')) this.standard ??= id;
    }
  }

  /** 1..6 of a heading, 0 of other paragraphs. */
  headingLevel(properties: Xml | undefined): number {
    const id = val(properties, 'w:pStyle');
    const own = val(properties, 'w:outlineLvl');
    const levels = [own, ...this.chain(id).map(({ paragraph }) => val(paragraph, 'w:outlineLvl'))].filter((level) => level !== undefined);
    if (levels.length > 0) return Number(levels[0]) < 9 ? Math.min(6, Number(levels[0]) + 1) : 0;
    const names = [...this.chain(id).map(({ name }) => name), ...(this.styles.has(id ?? '') ? [] : [id ?? ''])];
    for (const name of names) {
      const level = /^heading ?([1-9])$/i.exec(name)?.[1];
      if (level) return Math.min(6, Number(level));
      if (/^title$/i.test(name)) return 1;
      if (/^subtitle$/i.test(name)) return 2;
    }
    return 0;
  }

  /** The list a paragraph belongs to, by itself or by its style. */
  list(properties: Xml | undefined): { list: string; level: number } | undefined {
    const sources = [properties, ...this.chain(val(properties, 'w:pStyle')).map(({ paragraph }) => paragraph)];
    const list = sources.map((one) => val(one, 'w:numPr', 'w:numId')).find((id) => id !== undefined);
    if (list === undefined || list === '0') return undefined;
    return { list, level: Number(sources.map((one) => val(one, 'w:numPr', 'w:ilvl')).find((level) => level !== undefined) ?? 0) };
  }

  /** The look of a run: of its paragraph's style, its own style and its own properties, the last of which holds. */
  look(paragraph: Xml | undefined, run: Xml | undefined): Look {
    const sources = [...this.chain(val(paragraph, 'w:pStyle') ?? this.standard).toReversed(),
      ...this.chain(val(run, 'w:rStyle')).toReversed()].map((style) => style.run);
    return [...sources, run].reduce<Look>((look, properties) => (properties ? { ...look, ...lookOf(properties) } : look), {});
  }

  private chain(id: string | undefined): Style[] {
    const found: Style[] = [];
    for (let style = this.styles.get(id ?? ''); style && found.length < MAX_CHAIN; style =
      this.styles.get(style.basedOn ?? '')) found.push(style);
    return found;
  }
}

function lookOf(properties: Xml): Look {
  const look: Look = {};
  const vanish = on(properties, 'w:vanish') ?? on(properties, 'w:specVanish');
  if (vanish !== undefined) look.hidden = vanish;
  const size = val(properties, 'w:sz');
  // Half points.
  if (size !== undefined && Number(size) <= 2) look.hidden = true;
  const struck = [on(properties, 'w:strike'), on(properties, 'w:dstrike')].filter((one) => one !== undefined);
  if (struck.length > 0) look.struck = struck.includes(true);
  const align = val(properties, 'w:vertAlign');
  if (align) look.align = align as Look['align'];
  const colour = val(properties, 'w:color');
  if (colour) look.colour = at(properties, 'w:color')!.attributes['w:themeColor'] === 'background1' ? 'FFFFFF' : colour.toUpperCase();
  if (at(properties, 'w:shd') || at(properties, 'w:highlight')) look.shaded = true;
  const fonts = at(properties, 'w:rFonts')?.attributes;
  const font = fonts?.['w:ascii'] ?? fonts?.['w:hAnsi'];
  if (font) look.font = font;
  return look;
}
