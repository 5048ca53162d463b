import type { Content } from './content.js';

/** How models enclose what they think on the way to an answer. */
const ENCLOSED: readonly [open: string, close: string][] = [
  ['<think>', '</think>'], ['<thinking>', '</thinking>'], ['<thought>', '</thought>'], ['<reasoning>', '</reasoning>'],
  ['<seed:think>', '</seed:think>'], ['[THINK]', '[/THINK]'], ['◁think▷', '◁/think▷'],
  ['<|begin_of_thought|>', '<|end_of_thought|>'], ['<|channel|>analysis<|message|>', '<|end|>'],
];

const TAG = '(?:think|thinking|thought|reasoning|seed:think)>';
/** Answers of models whose opening tag stands in the prompt: all before the closing one is thought, */
const ORPHAN = new RegExp(String.raw`^[\s\S]*?</${TAG}\s*`);
/** unless it was opened in the answer, or may stand in code. */
const NO_ORPHAN = new RegExp(`<${TAG}|\``);

/**
 * Takes the thoughts out of an answer that comes in pieces, wherever the pieces are cut. Tags count at the beginning of the answer and of a
 * line outside of code. Thoughts at the beginning that never end are thoughts; further down they are words after all.
 */
export class Thoughts {
  private held = '';
  private close: string | undefined;
  /** Whether anything but white space was said, and whether the next character begins a line. */
  private hasSaid = false;
  private atLineStart = true;
  private isCode = false;
  private isBehindThought = false;

  push(text: string): Content {
    this.held += text;
    const found: Content = { text: '', thought: '' };
    for (let more = true; more;) more = this.close === undefined ? this.readWords(found) : this.readThought(found, this.close);
    return found;
  }

  /** Nothing more comes. */
  end(): Content {
    const rest = this.held;
    this.held = '';
    return this.close === undefined || this.hasSaid ? { text: rest, thought: '' } : { text: '', thought: rest };
  }

  /** The rest of a line that only held a thought is no line of the answer. */
  private behindThought(): string {
    if (!this.isBehindThought || /^[^\S\n]*$/.test(this.held)) return this.isBehindThought ? '' : this.held;
    this.isBehindThought = false;
    return this.held.replace(/^[^\S\n]*\n?/, '');
  }

  /** True while another step can be taken. */
  private readWords(found: Content): boolean {
    this.held = this.hasSaid ? this.behindThought() : this.held.trimStart();
    if (this.held === '') return false;
    if (this.atLineStart && !this.isCode) {
      const tag = ENCLOSED.find(([open]) => this.held.startsWith(open));
      if (tag) {
        this.close = tag[1];
        if (!this.hasSaid) this.held = this.held.slice(tag[0].length);
        return true;
      }
      if (ENCLOSED.some(([open]) => open.startsWith(this.held))) return false;
    }
    if (this.atLineStart && /^\s*(?:`{0,2}|~{0,2})$/.test(this.held) && !this.held.includes('\n')) return false;
    const line = this.held.indexOf('\n') + 1;
    const said = line === 0 ? this.held : this.held.slice(0, line);
    if (this.atLineStart && /^\s*(?:```|~~~)/.test(said)) this.isCode = !this.isCode;
    this.held = this.held.slice(said.length);
    this.hasSaid ||= said.trim() !== '';
    this.atLineStart = line > 0;
    found.text += said;
    return this.held !== '';
  }

  private readThought(found: Content, close: string): boolean {
    const at = this.held.indexOf(close);
    if (at < 0) {
      // At the beginning what cannot be the closing tag is surely thought; further down it may still turn out to be words.
      const sure = this.hasSaid ? 0 : Math.max(0, this.held.length - close.length + 1);
      found.thought += this.held.slice(0, sure);
      this.held = this.held.slice(sure);
      return false;
    }
    found.thought += this.held.slice(0, at);
    this.held = this.held.slice(at + close.length);
    this.close = undefined;
    this.isBehindThought = this.hasSaid;
    return true;
  }
}

/** A whole answer without the thoughts that end in a tag which never began; the answer as it is where there are none. */
export function withoutOrphanThought(answer: string): string {
  const [thought] = ORPHAN.exec(answer) ?? [''];
  return thought !== '' && !NO_ORPHAN.test(thought) ? answer.slice(thought.length) : answer;
}
