import { ProviderRefusal, refusalOf } from '../provider-refusal.js';
import { type Content, contentOf } from './content.js';
import type { WireItem } from './event-reader.js';
import { Thoughts } from './thoughts.js';
import { checkedUsage, type ToldUsage, usageIn } from './usage.js';

type Fields = Record<string, unknown>;

/** How an answer ended, in OpenAI's words; undefined: it did not. */
export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls' | 'error';

/** What providers write in place of OpenAI's words. Anything else is an end like any other. */
const REASONS: readonly [RegExp, FinishReason][] = [
  [/length|max_?(?:new_)?tokens|model_context_window/i, 'length'],
  [/filter|safety|sensitive|blocklist|prohibited|recitation|spii|refus|moderation/i, 'content_filter'],
  [/tool|function/i, 'tool_calls'],
  [/error|abort|insufficient|cancel/i, 'error'],
];

/**
 * Makes of what a compatible server sent the one answer it means: words, thoughts, how it ended, what it used. What came after the end
 * changes nothing, and what nobody understands is passed over as long as an answer comes.
 */
export class AnswerReader {
  /** What the provider says in place of an answer, or of its rest. */
  failure: ProviderRefusal | undefined;
  finish: FinishReason | undefined;
  private readonly thoughts = new Thoughts();
  private told: Fields | undefined;
  private isDone = false;
  private isUnderstood = false;
  private isWhole = false;
  private hasText = false;
  private answerBytes = 0;
  /** The first half of a character whose other half has not come. */
  private half = '';
  /** Calls of tools, as they came. */
  private calls: unknown[] = [];

  constructor(private readonly promptBytes: number, private readonly maxTokens: number) {}

  /** Nothing but the usage may still come. */
  get isOver(): boolean {
    return this.isDone || this.finish !== undefined;
  }

  get isClosed(): boolean {
    return this.isDone;
  }

  /** What these say, in one. */
  read(items: readonly WireItem[]): Content {
    const found: Content = { text: '', thought: '' };
    for (const item of items) {
      if (item.kind === 'done') this.isDone = this.isUnderstood = true;
      if (item.kind === 'value' && !this.isDone && !this.failure) add(found, this.value(item.value as Fields, item.event));
    }
    return this.counted(found);
  }

  /** The body is over: what was held back, and how the answer ended. */
  end(): Content & { finish: FinishReason | undefined; usage: ToldUsage | undefined } {
    if (!this.isUnderstood) {
      const message = 'the answer is no chat completion';
      throw new ProviderRefusal({ status: 200, code: null, param: null, message }, 'no-completion');
    }
    const last = this.counted(this.thoughts.end(), true);
    const isEnded = this.isDone || this.isWhole || (this.told !== undefined && this.hasText);
    const finish = this.finish ?? (isEnded ? 'stop' : undefined);
    const { promptBytes, answerBytes, maxTokens } = this;
    return { ...last, finish, usage: this.told && checkedUsage(this.told, { promptBytes, answerBytes, maxTokens }) };
  }

  takeCalls(): unknown[] {
    return this.calls.splice(0);
  }

  private value(value: Fields | Fields[], event: string | undefined): Content {
    if (Array.isArray(value)) {
      return value.reduce<Content>((all, one) => add(all, this.value(one, event)), { text: '', thought: '' });
    }
    const choices = [value['choices'] ?? []].flat() as (Fields | null)[];
    const choice = choices.find((one) => one !== null && typeof one === 'object' && Number(one['index'] ?? 0) === 0) ?? undefined;
    const said = choice ? this.choice(choice) : { text: '', thought: '' };
    this.told = usageIn(value, choice) ?? this.told;
    if (choice || this.told || 'choices' in value) this.isUnderstood = true;
    const isError = Boolean(value['error']) || event === 'error' || value['object'] === 'error' || value['type'] === 'error';
    if (isError && !this.isOver) this.failure = refusalOf(value, null);
    return said;
  }

  private choice(choice: Fields): Content {
    const { delta, message, text } = choice;
    // A few servers repeat the whole message beside or behind its pieces.
    const isWhole = (delta === undefined || delta === null) && message !== undefined && !this.hasText;
    if (isWhole) this.isWhole = true;
    const content = contentOf(isWhole ? message : (delta ?? (typeof text === 'string' ? text : null)));
    this.call(isWhole ? message : delta);
    const reason = choice['finish_reason'] ?? choice['finishReason'];
    if (typeof reason === 'string' && reason !== '' && reason !== 'null')
      this.finish = REASONS.find(([pattern]) => pattern.test(reason))?.[1] ?? 'stop';
    const { text: words, thought } = this.thoughts.push(content.text);
    return { text: words, thought: content.thought + thought };
  }

  private call(said: unknown): void {
    const { tool_calls: calls, function_call: call } = (typeof said === 'object' && said !== null ? said : {}) as Fields;
    if (Array.isArray(calls)) this.calls.push(...(calls as unknown[]));
    else if (typeof call === 'object' && call !== null) this.calls.push({ index: 0, type: 'function', function: call });
  }

  /** Postgres takes neither NUL nor half characters; a piece may end in the middle of one. */
  private counted(found: Content, isLast = false): Content {
    let text = (this.half + found.text).replaceAll('\u0000', '\uFFFD');
    const code = text.charCodeAt(text.length - 1);
    this.half = !isLast && code >= 0xd800 && code < 0xdc00 ? text.at(-1)! : '';
    text = text.slice(0, text.length - this.half.length).toWellFormed();
    this.hasText ||= text !== '';
    this.answerBytes += Buffer.byteLength(text) + Buffer.byteLength(found.thought);
    return { text, thought: found.thought };
  }
}

function add(all: Content, more: Content): Content {
  all.text += more.text;
  all.thought += more.thought;
  return all;
}
