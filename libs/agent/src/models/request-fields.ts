import type { ProviderRefusal } from './provider-refusal.js';

export type RequestBody = Record<string, unknown>;

/**
 * Fields that an answer goes without where a server refuses them: what they would have changed is done or counted here as well (length,
 * stop, usage), or only tunes the answer. What else a client asked for is never left out: the refusal is passed on.
 */
const DISPENSABLE = ['stream_options', 'temperature', 'max_tokens', 'max_completion_tokens', 'parallel_tool_calls', 'stop', 'stream'];
/** One limit under its two names. */
const OTHER_NAME: Record<string, string> = { max_tokens: 'max_completion_tokens', max_completion_tokens: 'max_tokens' };
const TERSE = /^(?:status (?:400|422)|bad request|unprocessable(?: entity| content)?|validation error)\W*$/i;
const MOST_MODELS = 500;

/** What the servers' models refused, and is not sent to them again while this process lives. */
export class RefusedFields {
  private readonly known = new Map<string, ReadonlySet<string>>();

  of(model: unknown): ReadonlySet<string> {
    return this.known.get(String(model)) ?? new Set();
  }

  remember(model: unknown, refused: ReadonlySet<string>): void {
    if (this.known.size >= MOST_MODELS) this.known.clear();
    this.known.set(String(model), refused);
  }
}

/** The request without what is refused; a limit refused under one name goes under its other. */
export function without(body: RequestBody, refused: ReadonlySet<string>): RequestBody {
  const left: RequestBody = {};
  for (const [name, value] of Object.entries(body)) {
    const other = OTHER_NAME[name];
    if (!refused.has(name)) left[name] = value;
    else if (other !== undefined && !refused.has(other)) left[other] = value;
  }
  return left;
}

/** What to leave out of a request that was refused: the field the refusal names, else the least usual one; null when nothing is left. */
export function refusedField(body: RequestBody, { kind, refused }: ProviderRefusal): string[] | null {
  const { param, message } = refused;
  const isAboutRequest = kind === 'field' || kind === 'rejected' || kind === 'failed' || kind === 'no-completion';
  if (!isAboutRequest) return null;
  const sent = DISPENSABLE.filter((name) => name in body);
  const isNamed = (name: string): boolean => param === name || (param?.startsWith(`${name}.`) ?? false) || names(message, name);
  const named = sent.find(isNamed) ?? sent.find((name) => name in OTHER_NAME && isNamed(OTHER_NAME[name]!));
  if (named !== undefined) return [named];
  // Only a fault of some field, or one without a word, is worth a guess.
  if (kind !== 'field' && !(kind === 'rejected' && TERSE.test(message))) return null;
  const others = Object.keys(body).filter((name) => !DISPENSABLE.includes(name) && name !== 'model');
  if (param !== null || others.some((name) => name !== 'messages' && names(message, name))) return null;
  const unusual = sent.filter((name) => name !== 'stream').flatMap((name) => [name, ...(OTHER_NAME[name] ? [OTHER_NAME[name]] : [])]);
  return unusual.includes('stream_options') ? ['stream_options'] : unusual.length > 0 ? unusual : null;
}

/** The field of a request that a refusal is about, where it names one. */
export function namedField(body: RequestBody, { refused: { param, message } }: ProviderRefusal): string | null {
  return param ?? Object.keys(body).find((name) => name !== 'model' && name !== 'messages' && names(message, name)) ?? null;
}

function names(message: string, field: string): boolean {
  const spoken = field === 'stream' ? /\b(?:to stream|stream(?:ing)?\b(?!_).{0,40}not (?:be )?(?:supported|allowed|available))/i
    : new RegExp(String.raw`\b${field}\b${field === 'stream_options' ? '|include_usage' : ''}`, 'i');
  return spoken.test(message);
}
