import { scimFault } from './scim-error.js';

/** A filter (RFC 7644 §3.4.2.2) as a tree. Attribute names are in lower case, without their schema. */
export type ScimFilter =
  | { kind: 'and' | 'or'; left: ScimFilter; right: ScimFilter }
  | { kind: 'not'; inner: ScimFilter }
  | { kind: 'present'; path: string }
  | { kind: 'compare'; path: string; op: CompareOp; value: Literal };

export type CompareOp = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le';

export type Literal = string | number | boolean | null;

const OPS = new Set<string>(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']);
const MOST_CHARACTERS = 2_000;
const MOST_COMPARISONS = 50;
const MOST_DEPTH = 20;

/** Text, number or word, bracket, attribute path; blanks before it. Sticky, without nesting: linear in its length. */
const TOKEN = /\s*(?:("(?:[^"\\\u0000-\u001f]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.:$-])|([()[\]])|((?:urn:[\w.:-]+:)?[A-Za-z$][\w$-]*(?:\.[A-Za-z$][\w$-]*)?))/y;

type Token = { kind: 'text'; value: string } | { kind: 'number'; value: number } | { kind: 'mark'; value: string }
  | { kind: 'word'; value: string };

/** The tree of a filter's text, or `invalidFilter`. Precedence: not, and, or. */
export function parseFilter(text: string): ScimFilter {
  return new Parser(text).whole();
}

/** A path of a PATCH operation: an attribute, with a filter over its values, with a sub-attribute. */
export interface PatchPath {
  attribute: string;
  values: ScimFilter | null;
  sub: string | null;
}

export function parsePath(text: string): PatchPath {
  const path = ownName(text.slice(0, MOST_CHARACTERS).trim());
  if (text.length <= MOST_CHARACTERS && isForeign(path)) return { attribute: path.toLowerCase(), values: null, sub: null };
  const [, attribute, inner, sub] = /^([A-Za-z$][\w$-]*)(?:\[(.*)\])?(?:\.([A-Za-z$][\w$-]*))?$/s.exec(path) ?? [];
  if (attribute === undefined || text.length > MOST_CHARACTERS)
    throw scimFault('invalidPath', `"${text.slice(0, 60)}" is no path of an attribute.`);
  return { attribute: attribute.toLowerCase(), values: inner === undefined ? null : parseFilter(inner), sub: sub?.toLowerCase() ?? null };
}

/** An attribute of the standard's own schemas is the same with its schema before it. */
export function ownName(path: string): string {
  return path.replace(/^urn:ietf:params:scim:schemas:core:2\.0:(user|group)(:|$)/i, '');
}

/** Of an extension: whatever it is called, it is none of ours, also where the last part of it is called as one of ours. */
export function isForeign(path: string): boolean {
  return /^urn:/i.test(path);
}

class Parser {
  private readonly tokens: Token[];
  private at = 0;
  private comparisons = 0;

  constructor(text: string) {
    if (text.length > MOST_CHARACTERS) throw bad(`it is longer than ${MOST_CHARACTERS} characters`);
    this.tokens = tokensOf(text);
  }

  whole(): ScimFilter {
    const filter = this.either(0, '');
    if (this.at < this.tokens.length) throw bad('something follows where it should end');
    return filter;
  }

  private either(depth: number, within: string): ScimFilter {
    let left = this.both(depth, within);
    while (this.takesWord('or')) left = { kind: 'or', left, right: this.both(depth, within) };
    return left;
  }

  private both(depth: number, within: string): ScimFilter {
    let left = this.one(depth, within);
    while (this.takesWord('and')) left = { kind: 'and', left, right: this.one(depth, within) };
    return left;
  }

  private one(depth: number, within: string): ScimFilter {
    if (depth > MOST_DEPTH) throw bad(`it nests deeper than ${MOST_DEPTH}`);
    const token = this.next();
    if (token.kind === 'mark' && token.value === '(') return this.closed(')', this.either(depth + 1, within));
    if (token.kind !== 'word') throw bad('an attribute is missing');
    if (token.value.toLowerCase() === 'not' && this.takesMark('('))
      return { kind: 'not', inner: this.closed(')', this.either(depth + 1, within)) };
    const path = within + ownName(token.value).toLowerCase();
    if (this.takesMark('[')) {
      if (within !== '') throw bad('brackets stand within brackets');
      return this.closed(']', this.either(depth + 1, `${path}.`));
    }
    return this.compared(path);
  }

  private compared(path: string): ScimFilter {
    if (++this.comparisons > MOST_COMPARISONS) throw bad(`it has more than ${MOST_COMPARISONS} comparisons`);
    const op = this.next();
    const word = op.kind === 'word' ? op.value.toLowerCase() : '';
    if (word === 'pr') return { kind: 'present', path };
    if (!OPS.has(word)) throw bad(`after ${path} an operator is missing (eq, ne, co, sw, ew, gt, ge, lt, le, pr)`);
    return { kind: 'compare', path, op: word as CompareOp, value: this.literal() };
  }

  private literal(): Literal {
    const token = this.next();
    if (token.kind === 'text' || token.kind === 'number') return token.value;
    const word = token.value.toLowerCase();
    if (token.kind === 'word' && (word === 'true' || word === 'false')) return word === 'true';
    if (token.kind === 'word' && word === 'null') return null;
    throw bad('a value is missing; texts stand in double quotes');
  }

  private closed(mark: string, inner: ScimFilter): ScimFilter {
    if (!this.takesMark(mark)) throw bad(`"${mark}" is missing`);
    return inner;
  }

  private next(): Token {
    const token = this.tokens[this.at++];
    if (!token) throw bad('it ends too early');
    return token;
  }

  private takesWord(word: string): boolean {
    const token = this.tokens[this.at];
    return token?.kind === 'word' && token.value.toLowerCase() === word && ++this.at > 0;
  }

  private takesMark(mark: string): boolean {
    const token = this.tokens[this.at];
    return token?.kind === 'mark' && token.value === mark && ++this.at > 0;
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found) {
      if (text.slice(from).trim() === '') break;
      throw bad(`"${text.slice(from, from + 20)}" is not understood`);
    }
    const [, quoted, number, mark, word] = found;
    if (quoted !== undefined) tokens.push({ kind: 'text', value: unquoted(quoted) });
    else if (number !== undefined) tokens.push({ kind: 'number', value: Number(number) });
    else if (mark !== undefined) tokens.push({ kind: 'mark', value: mark });
    else tokens.push({ kind: 'word', value: word! });
  }
  return tokens;
}

function unquoted(quoted: string): string {
  try {
    const text = JSON.parse(quoted) as string;
    // Postgres has no text with this character in it.
    if (!text.includes('\u0000')) return text;
  } catch {
    // Told below.
  }
  throw bad('a text is not written as in JSON');
}

function bad(why: string): Error {
  return scimFault('invalidFilter', `the filter is not one: ${why}.`);
}
