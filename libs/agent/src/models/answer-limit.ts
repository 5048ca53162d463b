import { endOfTokens, estimateTokens } from '#platform/text';

/** Most models need fewer tokens than the estimate for what is not English; one that keeps its limit is not cut. */
const SLACK = 2;
const COUNTED_CHARS = 1_000;

/** Ends an answer where it has to end, whether or not its model keeps to that: at a stop sequence, and at the tokens it may take. */
export class AnswerLimit {
  /** Why nothing more is let through. */
  reached: 'stop' | 'length' | undefined;
  /** Words that may be the beginning of a stop sequence. */
  private held = '';
  private tokens = 0;
  /** What came since: an estimate of every piece by itself would round each of them up. */
  private uncounted = '';
  private readonly most: number;

  /** `counts`: the model counts tokens as `estimateTokens` does. */
  constructor(private readonly stop: readonly string[], maxTokens: number, counts: boolean) {
    this.most = counts ? maxTokens : maxTokens * SLACK;
  }

  /** What of it belongs to the answer. */
  push(text: string): string {
    if (this.reached) return '';
    if (this.stop.length === 0) return this.within(text);
    const said = this.held + text;
    const at = Math.min(...this.stop.map((one) => said.indexOf(one)).map((found) => (found < 0 ? Infinity : found)));
    if (at !== Infinity) {
      this.held = '';
      const last = this.within(said.slice(0, at));
      this.reached ??= 'stop';
      return last;
    }
    const longest = Math.max(...this.stop.map((one) => halfOf(one, said)));
    this.held = longest === 0 ? '' : said.slice(-longest);
    return this.within(said.slice(0, said.length - longest));
  }

  /** The answer is over: what was held back belongs to it. */
  rest(): string {
    const { held } = this;
    this.held = '';
    return this.reached ? '' : this.within(held);
  }

  private within(text: string): string {
    const said = this.uncounted + text;
    const most = this.most - this.tokens;
    if (estimateTokens(said) > most) {
      this.reached = 'length';
      return said.slice(this.uncounted.length, Math.max(this.uncounted.length, endOfTokens(said, 0, most)));
    }
    this.uncounted = said;
    if (said.length > COUNTED_CHARS) {
      this.tokens += estimateTokens(said);
      this.uncounted = '';
    }
    return text;
  }
}

/** How many characters at the end of a text are the beginning of a stop sequence. */
function halfOf(stop: string, text: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length--) if (text.endsWith(stop.slice(0, length))) return length;
  return 0;
}
