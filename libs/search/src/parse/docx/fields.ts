import { TICKED, UNTICKED } from '../html-inline.js';
import type { InlineText } from '../inline-text.js';
import { type Xml, at, elements, on, val } from './xml.js';

interface Field {
  instruction: string;
  /** Whether its result is being read, after its instruction. */
  result: boolean;
  /** Where its result begins in the paragraph. */
  from: number;
}

/** Word's fields: an instruction, then the result that is shown. They nest, and reach over paragraphs. */
export class WordFields {
  private readonly open: Field[] = [];

  /** True inside an instruction, a table of contents and page numbers: nothing of these is the document's own words. */
  get silent(): boolean {
    return this.open.some(({ result, instruction }) => !result || /^\s*TOC\b/i.test(instruction) || this.isNumberOfPage(instruction));
  }

  isNumberOfPage(instruction: string): boolean {
    return /^\s*(?:PAGE|NUMPAGES|SECTIONPAGES|SECTION|PAGEREF)\b/i.test(instruction);
  }

  /** A new paragraph begins. */
  paragraph(): void {
    for (const field of this.open) field.from = 0;
  }

  /** Takes what belongs to a field's frame; returns whether the element did. */
  control(node: Xml, out: InlineText, add: (text: string) => void): boolean {
    if (node.name === 'w:instrText') {
      const field = this.open.at(-1);
      if (field && !field.result) field.instruction += node.text;
      return true;
    }
    if (node.name !== 'w:fldChar') return false;
    const type = node.attributes['w:fldCharType'];
    if (type === 'begin') {
      if (!this.silent) add(filledIn(at(node, 'w:ffData')));
      this.open.push({ instruction: '', result: false, from: out.text.length });
    } else if (type === 'separate') {
      const field = this.open.at(-1);
      if (field) Object.assign(field, { result: true, from: out.text.length });
    } else if (type === 'end') {
      const field = this.open.pop();
      const address = /^\s*HYPERLINK\s+"([^"]+)"/i.exec(field?.instruction ?? '')?.[1];
      if (address && !this.silent) out.link(field!.from, address);
    }
    return true;
  }
}

/** What a field of an old form says that has no text: a box, or a choice. */
function filledIn(form: Xml | undefined): string {
  const box = at(form, 'w:checkBox');
  if (box) return `${on(box, 'w:checked') ?? on(box, 'w:default') ?? false ? TICKED : UNTICKED} `;
  const choice = at(form, 'w:ddList');
  if (!choice) return '';
  const entries = elements(choice).filter(({ name }) => name === 'w:listEntry').map((entry) => val(entry) ?? '');
  return entries[Number(val(choice, 'w:result') ?? val(choice, 'w:default') ?? 0)] ?? '';
}
