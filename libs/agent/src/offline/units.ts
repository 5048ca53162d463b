import { sentences } from '#platform/text';

/** A piece of a passage that can be quoted by itself. */
export interface QuoteUnit {
  /** Index of its passage, and its place inside it. */
  passage: number;
  order: number;
  /** `lead`: a sentence that ends in a colon and belongs to what follows it. */
  kind: 'sentence' | 'lead' | 'item' | 'code' | 'row';
  text: string;
  /** Headings above it: the passage's own, those inside its text, and of a row the first of its table. */
  heading: string;
  /** Units of one block (a list, a table, a paragraph, a code block) share its number. */
  block: number;
}

const FENCE = /^\s*(?:```|~~~)/;
const HEADING = /^\s*#{1,6}\s+(.+?)\s*#*\s*$/;
const ITEM = /^\s*(?:[-*+•–]|\d{1,3}[.)])\s+\S/;
const CONTINUED = /^\s{2,}\S/;
const ROW = /\S\s*\|(?:\s|$)/;
const RULE = /^\s*\|?(?:\s*:?-{2,}:?\s*\|?)+\s*$/;

/** Lines of a shell, a settings file or a program: text extraction leaves code as it is, but without its fence. */
const CODE_LINES = [
  /^\s*(?:\$ \S|(?:npm|npx|node|curl|docker|git|kubectl|helm|pip|cd|export|sudo) \S.*|[A-Z][A-Z0-9_]{3,}=\S*.*)$/,
  /[;{}\\]\s*$|^\s*[\])}]+[;,)]*\s*$|=>|^\s*(?:#|\/\/) \S/,
  /^\s*(?:const|let|var|import|export|return|await|async|def|class|function|for|if|while|select|insert|create|update|delete) .*[({;=*]/i,
  /^\s*"[\w-]+":|^\s*<\/?[\w-]+[^>]*>\s*$|^\s*[\w.-]+:(?:\s+[^\s].{0,60})?$|^\s{4,}\S/,
];

/** The quotable pieces of a passage, in order. */
export function unitsOf(text: string, passage: number, heading: string | null): QuoteUnit[] {
  const reader = new UnitReader(passage, heading ?? '');
  for (const lines of groups(text)) {
    if (FENCE.test(lines[0]!)) reader.code(lines.slice(1).filter((line) => !FENCE.test(line)));
    else if (isCode(lines)) reader.code(lines);
    else reader.prose(lines);
  }
  return reader.units;
}

class UnitReader {
  readonly units: QuoteUnit[] = [];
  private block = 0;
  private above: string;
  private last: 'item' | 'row' | 'prose' = 'prose';
  private open: string[] = [];

  constructor(private readonly passage: number, private readonly heading: string) {
    this.above = heading;
  }

  code(lines: string[]): void {
    this.block++;
    this.add('code', lines.join('\n'));
  }

  prose(lines: string[]): void {
    this.block++;
    this.last = 'prose';
    for (const line of lines) this.line(line);
    this.flush();
  }

  private line(line: string): void {
    const title = HEADING.exec(line)?.[1];
    if (title !== undefined) {
      this.enter('prose');
      if (!this.above.includes(title)) this.above = this.heading === '' ? title : `${this.heading} › ${title}`;
    } else if (ITEM.test(line)) {
      this.enter('item');
      this.add('item', line.trim());
    } else if (ROW.test(line)) {
      this.enter('row');
      if (!RULE.test(line)) this.add('row', line.trim().replace(/\s*\|$/, '').replace(/^\|\s*/, ''));
    } else if (this.last === 'item' && CONTINUED.test(line)) {
      this.units.at(-1)!.text += ` ${line.trim()}`;
    } else {
      if (this.last !== 'prose') this.enter('prose');
      this.open.push(line.trim());
    }
  }

  private enter(kind: 'item' | 'row' | 'prose'): void {
    this.flush();
    if (this.last !== kind) this.block++;
    this.last = kind;
  }

  private flush(): void {
    for (const { text } of sentences(this.open.join('\n')))
      this.add(text.endsWith(':') ? 'lead' : 'sentence', text.replace(/\s*\n\s*/g, ' '));
    this.open = [];
  }

  private add(kind: QuoteUnit['kind'], text: string): void {
    if (text.trim() === '') return;
    const header = kind === 'row' ? this.units.find(({ block }) => block === this.block)?.text : undefined;
    this.units.push({ passage: this.passage, order: this.units.length, kind, text, block: this.block,
      heading: header === undefined ? this.above : `${this.above} › ${header}` });
  }
}

/** Lines between blank ones; a fenced block is one group whatever stands in it. */
function groups(text: string): string[][] {
  const found: string[][] = [];
  let open: string[] = [];
  let fenced = false;
  const close = (): void => {
    if (open.length > 0) found.push(open);
    open = [];
  };
  for (const line of text.split('\n')) {
    if (FENCE.test(line)) {
      if (!fenced) close();
      open.push(line);
      if (fenced) close();
      fenced = !fenced;
    } else if (line.trim() === '' && !fenced) {
      close();
    } else if (!fenced && open.length > 0 && turnsToOrFromCommands(open, line)) {
      close();
      open.push(line);
    } else {
      open.push(line);
    }
  }
  close();
  return found;
}

/** Commands may follow a sentence, and a sentence them, without a blank line; inside a program nothing turns. */
function turnsToOrFromCommands(open: string[], line: string): boolean {
  const commands = open.every((one) => isCommand(one) || HEADING.test(one));
  return !ITEM.test(line) && isCommand(line) !== commands && (commands || !isCode(open));
}

function isCommand(line: string): boolean {
  return line.length < 200 && !/[.:]$/.test(line) && CODE_LINES[0]!.test(line);
}

function isCode(lines: string[]): boolean {
  if (lines.some((line) => ITEM.test(line)) || (lines.some((line) => HEADING.test(line)) && !lines.some(isCommand))) return false;
  const coded = lines.filter((line) => CODE_LINES.some((pattern) => pattern.test(line))).length;
  return lines.length === 1 ? isCommand(lines[0]!) : coded >= lines.length * 0.6 && !lines.every((line) => /[.!?]$/.test(line));
}
