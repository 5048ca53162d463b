/**
 * What the scripted model does with one request. Plain JSON, so that a bench can send it to a model server in another process.
 * An empty reply (`{}`) echoes the last user message.
 */
export interface ModelReply {
  /** Refuse with this HTTP status and an OpenAI error body. Nothing below matters then, but `retryAfterSeconds`. */
  status?: number;
  /** Sent as Retry-After, in seconds, beside a refusal. */
  retryAfterSeconds?: number;
  /** The body of the refusal, as the server of some provider writes it; text is sent as it is. */
  error?: unknown;
  /** Headers beside those of the reply. */
  headers?: Record<string, string>;
  /** Fields of a request that the server does not know: one that has any is refused with 400, as OpenAI does. */
  refuses?: string[];
  /** Thoughts before the answer, a part each, as `reasoning_content`; they keep the schedule too. */
  reasoning?: string[];
  /** Ways in which compatible servers depart from OpenAI's stream. */
  quirks?: ModelQuirk[];
  /** The body in place of everything that would be made of this reply, piece by piece. */
  raw?: string[];
  /** The answer. A string is streamed word by word, an array part by part. */
  text?: string | string[];
  /** Sends `text` this many times over: long streams without long scripts. */
  repeat?: number;
  /** Functions the model wants called, after `text`. Their arguments are streamed in fragments. */
  toolCalls?: ModelToolCall[];
  /** Milliseconds before the first part (a slow first token). */
  firstDelayMs?: number;
  /** Milliseconds between parts, or one value per gap; kept to an absolute schedule, so that delays do not add up. */
  delayMs?: number | number[];
  /** Parts per write (default 1). A write costs the machine 15-25 us however short it is: 100,000 parts a second need bursts. */
  burst?: number;
  /** Goes wrong after so many parts. Not streamed: at once, whatever `after` says. */
  fault?: { after: number; kind: ModelFault };
  /** Reported token counts; by default a quarter of the prompt's characters and one per part. */
  usage?: Partial<ModelUsage>;
  /** What stands as `usage` in place of the counts. */
  rawUsage?: unknown;
  /** Null: none is told. */
  finishReason?: string | null;
}

/**
 * `usage-between`: a chunk with usage and without choices behind each part · `no-delta`: the last choice has none · `null-fields`: fields
 * without a value are null · `parts`: content as a list of parts, with a thinking one · `tight`: no space behind `data:` · `crlf` ·
 * `comments`: one before each chunk · `noise`: lines that are no JSON between chunks · `no-blank-lines` · `no-done` · `open-end`: the
 * connection stays open behind the end · `whole`: one JSON object, although a stream was asked for · `gzip` · `no-type`: no Content-Type.
 */
export type ModelQuirk = 'usage-between' | 'no-delta' | 'null-fields' | 'parts' | 'tight' | 'crlf' | 'comments' | 'noise' |
  'no-blank-lines' | 'no-done' | 'open-end' | 'whole' | 'gzip' | 'no-type';

/** `cut` closes the socket · `stall` stays silent for ever · `garble` sends a chunk that is not JSON, then ends. */
export type ModelFault = 'cut' | 'stall' | 'garble';

export interface ModelToolCall {
  id?: string;
  name: string;
  arguments: Record<string, unknown>;
}

export interface ModelUsage {
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
}

/** The part of an OpenAI chat request that scripts look at; the rest is there too, as it was sent. */
export interface ChatRequest {
  model: string;
  messages: { role: string; content: unknown; tool_call_id?: string; tool_calls?: unknown }[];
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  tools?: unknown[];
  [field: string]: unknown;
}

/** One request as it arrived, and what became of it. */
export interface RecordedRequest {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: ChatRequest;
  /** Parts written so far. */
  sent: number;
  /** The client closed the connection before the answer ended. */
  aborted: boolean;
  /** The answer, as far as the script went, was written in full. */
  finished: boolean;
}

export const textReply = (text: string | string[], rest: ModelReply = {}): ModelReply => ({ ...rest, text });

export const toolReply = (name: string, args: Record<string, unknown> = {}): ModelReply => ({ toolCalls: [{ name, arguments: args }] });

export const rateLimitedReply = (retryAfterSeconds: number): ModelReply => ({ status: 429, retryAfterSeconds });

export function lastUserText(request: ChatRequest): string {
  const content = request.messages.findLast((message) => message.role === 'user')?.content;
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? (content as { text?: string }[]) : [];
  return parts.map((part) => part.text ?? '').join('');
}
