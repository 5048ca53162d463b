/** One thing a provider's body says: a JSON value (with the name of its event), a sign of life, its end, or nothing we know. */
export type WireItem = { kind: 'value'; value: object; event?: string } | { kind: 'life' | 'done' | 'noise' };

/** Longer lines and events are given up: a body without line ends must not fill the memory. */
const LONGEST_CHARS = 16_000_000;

/**
 * Reads the body of a completion however a compatible server writes it: server-sent events with or without a space behind `data:`, with any
 * line ends, without blank lines, split over several `data:` lines, with comments between; lines of JSON; one JSON object, pretty or not.
 */
export class EventReader {
  /** What of the last line has come. */
  private rest = '';
  /** Lines that are no JSON by themselves and may be a part of some. */
  private open = '';
  /** Whether they stand outside of any event: a JSON object that is written over several lines. */
  private isLoose = false;
  private event: string | undefined;

  push(text: string): WireItem[] {
    const before = this.rest.length;
    this.rest += text;
    if (!/[\r\n]/.test(text)) return this.rest.length > LONGEST_CHARS ? this.givenUp() : [];
    // A \r at the end may be the first half of \r\n.
    const end = this.rest.endsWith('\r') ? this.rest.length - 1 : this.rest.length;
    const lines = this.rest.slice(0, end).split(/\r\n|\n|\r/);
    this.rest = lines.pop()! + this.rest.slice(end);
    if (before === 0 && lines[0]?.startsWith('\uFEFF')) lines[0] = lines[0].slice(1);
    return lines.flatMap((line) => this.line(line));
  }

  /** The body is over: its last line may have no end. */
  end(): WireItem[] {
    const items = this.line(this.rest.replace(/^\uFEFF|\r$/gu, ''));
    this.rest = '';
    return this.open === '' ? items : [...items, ...this.dropped()];
  }

  private line(line: string): WireItem[] {
    if (line.trim() === '') return this.closed();
    if (line.startsWith(':')) return [{ kind: 'life' }];
    const field = /^(data|event|id|retry)[ \t]*:[ \t]?/.exec(line);
    const said = (field ? line.slice(field[0].length) : line).trim();
    if (field && field[1] !== 'data') {
      if (field[1] === 'event') this.event = said;
      return [{ kind: 'life' }];
    }
    if (said === '') return [{ kind: 'life' }];
    if (/^"?\[DONE\]"?$/i.test(said)) return [{ kind: 'done' }];
    this.isLoose = !field;
    return this.payload(said);
  }

  private payload(said: string): WireItem[] {
    const whole = this.open === '' ? said : `${this.open}\n${said}`;
    const value = /[}\]]$/.test(said) ? (parsed(whole) ?? (whole === said ? undefined : ownFrame(said))) : undefined;
    if (value === undefined) {
      this.open = whole;
      return whole.length > LONGEST_CHARS ? this.dropped() : [];
    }
    this.open = '';
    return [{ kind: 'value', value, ...(this.event !== undefined && { event: this.event }) }];
  }

  /** A blank line ends an event, and nothing else. */
  private closed(): WireItem[] {
    this.event = undefined;
    return this.open === '' || this.isLoose ? [] : this.dropped();
  }

  private givenUp(): WireItem[] {
    this.rest = '';
    return this.dropped();
  }

  private dropped(): WireItem[] {
    this.open = '';
    return [{ kind: 'noise' }];
  }
}

function parsed(text: string): object | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A line that stands for itself although something unreadable came before it. */
function ownFrame(text: string): object | undefined {
  const value = parsed(text);
  return value && ('choices' in value || 'error' in value || 'usage' in value) ? value : undefined;
}
