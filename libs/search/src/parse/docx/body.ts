import type { Notes } from './notes.js';
import type { Numbering } from './numbering.js';
import { type DocxSource, type NoteReference, ParagraphReader, type ReadParagraph } from './paragraph.js';
import { tableRows } from './table.js';
import { type Xml, at, elements, unwrapped } from './xml.js';

/** A mark that stands before short items; what is numbered `3.2` or `§ 4` is a clause and stands by itself. */
const ITEM = /^(?:[-☐☑☒✓✔✗]|\(?(?:\d{1,3}|[a-z]{1,4})[.)])$/i;

/** Writes the blocks of a document: headings with their numbers, clauses, lists, tables, boxes. */
export class BodyReader {
  private readonly list: string[] = [];
  private heads: string[] = [];
  private readonly paragraphs: ParagraphReader;

  constructor(private readonly source: DocxSource, private readonly numbering: Numbering, private readonly notes: Notes) {
    this.paragraphs = new ParagraphReader(source, (note) => notes.name(note));
  }

  /** `heads` are the heads of its pages: they go below the document's first heading, which they belong to. */
  read(body: Xml, heads: string[]): void {
    this.heads = heads;
    this.blocks(body);
    this.flush();
    this.writeHeads();
  }

  /** A head or foot of a page, as lines. */
  lines(root: Xml, links: ReadonlyMap<string, string>): string[] {
    const reader = new ParagraphReader({ ...this.source, links }, (note) => this.notes.name(note), true);
    return unwrapped(root).flatMap((node) => {
      if (node.name === 'w:tbl') return tableRows(node, (cell) => this.cell(cell, reader)).map((row) => [...new Set(row)].filter((text) =>
        text).join(' | '));
      return node.name === 'w:p' ? this.withBoxes(reader.read(node), reader) : [];
    }).map((line) => line.replace(/\s+/g, ' ').trim()).filter((line) => line !== '');
  }

  private withBoxes({ text, boxes }: ReadParagraph, reader: ParagraphReader): string[] {
    return [text, ...boxes.flatMap((box) => elements(box).filter(({ name }) => name === 'w:p').flatMap((node) =>
      this.withBoxes(reader.read(node), reader)))];
  }

  private blocks(container: Xml): void {
    for (const node of unwrapped(container)) {
      if (node.name === 'w:p') this.paragraph(node);
      else if (node.name === 'w:tbl') this.table(node);
      else if (node.name === 'w:altChunk') this.source.document.warn('embedded');
    }
  }

  private paragraph(node: Xml): void {
    const properties = at(node, 'w:pPr');
    const read = this.paragraphs.read(node);
    const level = this.source.styles.headingLevel(properties);
    const list = read.gone ? undefined : this.source.styles.list(properties);
    const label = list && this.numbering.next(list.list, list.level);
    const text = label && read.text !== '' ? `${label.text} ${read.text}` : read.text;
    if (level > 0 && read.text !== '') this.heading(label?.bullet ? read.text : text, level);
    else if (label && ITEM.test(label.text) && read.text !== '') this.list.push(`${'  '.repeat(list.level)}${text}`);
    else if (text !== '') this.add('paragraph', text);
    for (const box of read.boxes) this.box(box);
    for (const note of read.notes) this.note(note);
  }

  /** White text may stand on a dark box. */
  private box(content: Xml): void {
    const { framed } = this.paragraphs;
    this.paragraphs.framed = true;
    this.blocks(content);
    this.paragraphs.framed = framed;
  }

  private heading(text: string, level: number): void {
    this.flush();
    this.source.document.add('heading', text.replace(/\s+/g, ' '), { level });
  }

  private add(kind: 'paragraph' | 'table', text: string): void {
    this.flush();
    this.writeHeads();
    this.source.document.add(kind, text);
  }

  private flush(): void {
    if (this.list.length === 0) return;
    this.writeHeads();
    this.source.document.add('list', this.list.splice(0).join('\n'));
  }

  private writeHeads(): void {
    for (const line of this.heads.splice(0)) this.source.document.add('paragraph', line);
  }

  private note(reference: NoteReference): void {
    const node = this.notes.node(reference);
    if (!node) return;
    const reader = new ParagraphReader(this.source, (note) => this.notes.name(note));
    const text = elements(node).filter(({ name }) => name === 'w:p').map((one) => reader.read(one).text).join(' ').trim();
    if (text !== '') this.add('paragraph', `[^${this.notes.name(reference)}]: ${text}`);
  }

  /** A table of one column is a frame around text. */
  private table(node: Xml): void {
    const notes: NoteReference[] = [];
    const reader = new ParagraphReader(this.source, (note) => {
      notes.push(note);
      return this.notes.name(note);
    }, true);
    const frame = unwrapped(node).filter(({ name }) => name === 'w:tr').every((row) => unwrapped(row).filter(({ name }) =>
      name === 'w:tc').length <= 1);
    if (frame) {
      for (const row of unwrapped(node)) for (const cell of unwrapped(row)) if (cell.name === 'w:tc') this.blocks(cell);
      return;
    }
    const rows = tableRows(node, (cell) => this.cell(cell, reader), () => this.source.document.warn('struck-text'));
    this.add('table', rows.map((cells) => cells.join(' | ')).filter((line) => /[^ |]/.test(line)).join('\n'));
    for (const note of notes) this.note(note);
  }

  private cell(cell: Xml, reader: ParagraphReader): string {
    const parts = unwrapped(cell).flatMap((node): string[] => {
      if (node.name === 'w:tbl') return tableRows(node, (inner) => this.cell(inner, reader)).map((row) => row.join(', '));
      if (node.name !== 'w:p') return [];
      const read = reader.read(node);
      const list = read.gone ? undefined : this.source.styles.list(at(node, 'w:pPr'));
      const label = list && this.numbering.next(list.list, list.level);
      const [own = '', ...boxes] = this.withBoxes(read, reader);
      return [label && own !== '' ? `${label.text} ${own}` : own, ...boxes];
    });
    return parts.join(' ').replace(/\s+/g, ' ').trim();
  }
}
