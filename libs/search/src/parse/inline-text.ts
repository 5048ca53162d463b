/** A chemical symbol or a closing bracket, behind which a small number is a count (H2O) and no index. */
const COUNTED = /(?:^|[^\p{L}])(?:[A-Z][a-z]?\d*|\([^()]*\)\d*)+$/u;
/** Endings that are raised by custom: 1st, 2nd, 5e, M., Dr., No., TM. */
const RAISED_LETTERS = /^(?:st|nd|rd|th|e|er|re|ère|ème|eme|o|a|os|as|mo|ma|lle|me|le|r|s|tm|®|™|©)$/iu;

/**
 * The words of one line or paragraph as they are put together. What stands raised, lowered or behind a link changes what is read (10 to the
 * sixth is not 106), so it is written down: `10^6`, `x_i`, `request page (https://…)`.
 */
export class InlineText {
  text = '';
  private readonly addresses = new Set<string>();

  add(text: string): void {
    this.text += text;
  }

  /** Raised text: a power or the mark of a note, unless it is letters that are raised by custom. */
  raise(text: string): void {
    const small = text.trim();
    const custom = RAISED_LETTERS.test(small) || /^[\p{P}\p{S}]+$/u.test(small) && !/^[+\-−–]$/u.test(small);
    if (small === '' || custom || /(?:^|\s)$/.test(this.text)) this.text += text;
    else this.text += `^${bracketed(small)}`;
  }

  /** Lowered text: an index, unless it counts the atoms of a formula. */
  lower(text: string): void {
    const small = text.trim();
    if (small === '' || /(?:^|\s)$/.test(this.text)) this.text += text;
    else this.text += /^\d{1,3}$/.test(small) && COUNTED.test(this.text.slice(-40)) ? small : `_${bracketed(small)}`;
  }

  /** The mark of a note below. */
  note(mark: string): void {
    if (mark.trim() !== '') this.text += `[^${mark.trim().replace(/^[[(]|[\])]$/g, '')}]`;
  }

  /** A link's address behind its words, unless these say it already. */
  link(from: number, href: string): void {
    const shown = href.replace(/^(?:mailto|tel):/i, '').replace(/\?(?:utm_|subject=).*$/i, '');
    const said = this.text.slice(from);
    if (said.trim() === '' || shown.length > MAX_ADDRESS || this.addresses.has(shown) || bare(said).includes(bare(shown))) return;
    this.addresses.add(shown);
    const space = /\s*$/.exec(this.text)![0];
    this.text = `${this.text.slice(0, this.text.length - space.length)} (${shown})${space}`;
  }
}

/** Longer addresses carry state, not a place. */
const MAX_ADDRESS = 300;

function bracketed(text: string): string {
  return /^(?:[+\-−–]?[\p{L}\p{N}.,]+|[\p{L}\p{N}][\p{L}\p{N}.,]*[+\-−–]|[+\-−–*′'″]+)$/u.test(text) ? text : `(${text})`;
}

function bare(address: string): string {
  return address.trim().toLowerCase().replace(/^https?:\/\/(?:www\.)?/, '').replace(/\/$/, '');
}
