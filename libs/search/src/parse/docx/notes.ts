import { numeral } from '../numerals.js';
import type { NoteReference } from './paragraph.js';
import { type Xml, elements } from './xml.js';

/** Notes by their number in the text. */
export class Notes {
  private readonly texts = new Map<string, Xml>();
  private readonly names = new Map<string, string>();
  private readonly counts = { footnote: 0, endnote: 0 };

  constructor(footnotes: Xml | undefined, endnotes: Xml | undefined) {
    for (const [kind, root] of [['footnote', footnotes], ['endnote', endnotes]] as const)
      for (const node of elements(root)) this.texts.set(`${kind}/${node.attributes['w:id']}`, node);
  }

  name({ kind, id }: NoteReference): string {
    const key = `${kind}/${id}`;
    const known = this.names.get(key);
    if (known) return known;
    const number = ++this.counts[kind];
    const name = kind === 'footnote' ? String(number) : numeral(number, 'lowerRoman');
    this.names.set(key, name);
    return name;
  }

  node({ kind, id }: NoteReference): Xml | undefined {
    return this.texts.get(`${kind}/${id}`);
  }
}
