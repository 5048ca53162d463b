import { TICKED, UNTICKED } from '../html-inline.js';
import { InlineText } from '../inline-text.js';
import type { DocumentBuilder } from '../parsed-document.js';
import { WordFields } from './fields.js';
import { ommlText } from './omml.js';
import type { Look, Styles } from './styles.js';
import { isPictureFont, symbolText, textInFont } from './symbols.js';
import { type Xml, at, elements, on, allBelow } from './xml.js';

/** What a paragraph reads of its document. */
export interface DocxSource {
  document: DocumentBuilder;
  styles: Styles;
  /** Addresses of links by the id of their relation, of the part that is read. */
  links: ReadonlyMap<string, string>;
}

/** One paragraph: its words, and what hangs on it. */
export interface ReadParagraph {
  text: string;
  /** Contents of text boxes that are anchored here. */
  boxes: Xml[];
  /** Notes it refers to. */
  notes: NoteReference[];
  /** Whether all it held was deleted or hidden. */
  gone: boolean;
}

export interface NoteReference {
  kind: 'footnote' | 'endnote';
  id: string;
}

const BELOW = new Set(['w:ins', 'w:moveTo', 'w:smartTag', 'w:customXml', 'w:dir', 'w:bdo', 'w:sdtContent', 'w:rubyBase']);

/** Reads paragraphs of a part, in order: fields may reach from one into the next. */
export class ParagraphReader {
  private readonly fields = new WordFields();
  private out = new InlineText();
  private small: { align: Look['align']; text: string } | undefined;
  private boxes: Xml[] = [];
  private notes: NoteReference[] = [];
  private gone = false;
  private properties: Xml | undefined;

  constructor(private readonly source: DocxSource, private readonly nameNote: (note: NoteReference) => string,
    /** Inside a table or a box, whose ground may be dark. */
    public framed = false) {}

  read(paragraph: Xml): ReadParagraph {
    this.out = new InlineText();
    this.boxes = [];
    this.notes = [];
    this.gone = false;
    this.properties = at(paragraph, 'w:pPr');
    this.fields.paragraph();
    for (const child of elements(paragraph)) this.part(child);
    this.settle();
    const text = this.out.text.replace(/[^\S\n]+/gu, ' ').replace(/ ?\n ?/g, '\n').trim();
    return { text, boxes: this.boxes, notes: this.notes, gone: text === '' && this.gone };
  }

  private part(node: Xml): void {
    switch (node.name) {
      case 'w:r':
        return this.run(node);
      case 'w:del': case 'w:moveFrom':
        return this.leaveOut(node, 'struck-text');
      case 'w:hyperlink':
        return this.link(node);
      case 'w:sdt':
        return this.control(node);
      case 'w:fldSimple':
        if (!this.fields.isNumberOfPage(node.attributes['w:instr'] ?? '')) for (const child of elements(node)) this.part(child);
        return;
      case 'm:oMath': case 'm:oMathPara':
        return this.add(ommlText(node));
      case 'mc:AlternateContent':
        return this.alternative(node);
      case 'w:commentRangeStart': case 'w:commentReference':
        return this.source.document.warn('comments');
      default:
        if (BELOW.has(node.name)) for (const child of elements(node)) this.part(child);
    }
  }

  private leaveOut(node: Xml, why: 'struck-text' | 'hidden-text'): void {
    if (!/\S/.test(node.text)) return;
    this.gone = true;
    this.source.document.warn(why);
  }

  private run(node: Xml): void {
    const look = this.source.styles.look(this.properties, at(node, 'w:rPr'));
    const white = look.colour === 'FFFFFF' && !look.shaded && !this.framed && !at(this.properties, 'w:shd');
    if (look.hidden || white) return this.leaveOut(node, 'hidden-text');
    if (look.struck) return this.leaveOut(node, 'struck-text');
    for (const child of elements(node)) this.piece(child, look);
  }

  private piece(node: Xml, look: Look): void {
    if (this.fields.control(node, this.out, (text) => this.add(text)) || this.fields.silent) return;
    switch (node.name) {
      case 'w:t':
        return this.add(isPictureFont(look.font) ? textInFont(look.font!, node.text) : node.text, look.align);
      case 'w:tab': case 'w:ptab':
        return this.add(' ');
      case 'w:br': case 'w:cr':
        return this.add('\n');
      case 'w:noBreakHyphen':
        return this.add('-');
      case 'w:sym':
        return this.add(symbolText(node.attributes['w:font'] ?? '', parseInt(node.attributes['w:char'] ?? '20', 16)), look.align);
      case 'w:footnoteReference': case 'w:endnoteReference':
        return this.note({ kind: node.name === 'w:footnoteReference' ? 'footnote' : 'endnote', id: node.attributes['w:id'] ?? '' });
      case 'w:commentReference':
        return this.source.document.warn('comments');
      case 'w:ruby': {
        for (const child of elements(at(node, 'w:rubyBase'))) this.part(child);
        return this.add(`(${at(node, 'w:rt')?.text.trim() ?? ''})`);
      }
      case 'mc:AlternateContent':
        return this.alternative(node);
      case 'w:drawing': case 'w:pict': case 'w:object':
        return this.drawing(node);
    }
  }

  /** Runs that follow each other raised or lowered are one power or index. */
  private add(text: string, align: Look['align'] = 'baseline'): void {
    if (text === '') return;
    if (this.small && this.small.align !== align) this.settle();
    if (align === 'baseline') this.out.add(text);
    else this.small = { align, text: (this.small?.text ?? '') + text };
  }

  private settle(): void {
    if (this.small?.align === 'superscript') this.out.raise(this.small.text);
    else if (this.small) this.out.lower(this.small.text);
    this.small = undefined;
  }

  private note(note: NoteReference): void {
    this.settle();
    this.notes.push(note);
    this.out.note(this.nameNote(note));
  }

  private link(node: Xml): void {
    this.settle();
    const from = this.out.text.length;
    for (const child of elements(node)) this.part(child);
    this.settle();
    const address = this.source.links.get(node.attributes['r:id'] ?? '');
    if (address && !this.fields.silent) this.out.link(from, address);
  }

  /** A content control: a box to tick, or what was filled in. Its prompt is no value. */
  private control(node: Xml): void {
    const properties = at(node, 'w:sdtPr');
    const box = at(properties, 'w14:checkbox') ?? at(properties, 'w:checkbox');
    if (box) return this.add(`${on(box, 'w14:checked') ?? on(box, 'w:checked') ?? false ? TICKED : UNTICKED} `);
    if (on(properties, 'w:showingPlcHdr')) return;
    for (const child of elements(at(node, 'w:sdtContent'))) this.part(child);
  }

  /** Of what is given twice, for new and old versions of Word, one is read. */
  private alternative(node: Xml): void {
    const choices = elements(node);
    const chosen = choices.find((one) => allBelow(one, 'w:txbxContent').length > 0) ?? choices[0];
    for (const child of elements(chosen)) {
      if (child.name === 'w:r') this.run(child);
      else if (/^w:(?:drawing|pict|object)$/.test(child.name)) this.drawing(child);
      else this.piece(child, {});
    }
  }

  private drawing(node: Xml): void {
    const boxes = allBelow(node, 'w:txbxContent');
    this.boxes.push(...boxes);
    const has = (...names: string[]): boolean => names.some((name) => allBelow(node, name).length > 0);
    if (node.name === 'w:object' || has('c:chart', 'dgm:relIds')) this.source.document.warn('embedded');
    else if (has('a:blip', 'v:imagedata')) this.source.document.warn('pictures');
  }
}
