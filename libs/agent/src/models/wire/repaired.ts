import { AnswerReader } from './answer-reader.js';
import { EventReader } from './event-reader.js';
import type { ToldUsage } from './usage.js';

/** A server that says how its answer ended, or that it is over, and leaves the connection open is waited for so long. */
const AFTER_END_MS = 3_000;
const AFTER_DONE_MS = 50;
const HEAD = '{"id":"answer","object":"chat.completion.chunk","created":0,"model":"","choices":[';

/**
 * The body of a completion as OpenAI would have sent it, whatever the server made of the protocol: LangChain and the `openai` package read
 * OpenAI's form and no other. Words that arrived together are one frame (each costs several objects there); signs of life without words
 * are a frame without words.
 */
export async function* repaired(body: ReadableStream<Uint8Array>, promptBytes: number, maxTokens: number): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const events = new EventReader();
  const answer = new AnswerReader(promptBytes, maxTokens);
  const reader = body.getReader();
  try {
    yield encoder.encode(frame({ role: 'assistant', content: '' }));
    for (;;) {
      const piece = await nextPiece(reader, answer);
      if (!piece) break;
      const items = events.push(decoder.decode(piece, { stream: true }));
      const before = answer.finish;
      if (items.length > 0) yield encoder.encode(said(answer.read(items), answer));
      if (answer.failure) throw answer.failure;
      if (answer.finish !== before) yield encoder.encode(frame({}, answer.finish));
    }
    const rest = said(answer.read(events.end()), answer, '');
    if (rest !== '') yield encoder.encode(rest);
    if (answer.failure) throw answer.failure;
    const { finish, usage, ...last } = answer.end();
    const ended = finish === undefined ? '' : frame({}, finish);
    const counted = usage ? `data: ${HEAD}],"usage":${JSON.stringify(openAiUsage(usage))}}\n\n` : '';
    yield encoder.encode(`${said(last, answer, '')}${ended}${counted}data: [DONE]\n\n`);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The next bytes; nothing at the end, which is also where the connection breaks or goes silent behind a whole answer. */
async function nextPiece(reader: ReadableStreamDefaultReader<Uint8Array>, answer: AnswerReader): Promise<Uint8Array | undefined> {
  if (!answer.isOver) return (await reader.read()).value;
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, answer.isClosed ? AFTER_DONE_MS : AFTER_END_MS,
    undefined)));
  const read = reader.read().then(({ value }) => value, () => undefined);
  return Promise.race([read, waited]).finally(() => clearTimeout(timer));
}

function said({ text, thought }: { text: string; thought: string }, answer: AnswerReader, life = frame({ content: '' })): string {
  const calls = answer.takeCalls();
  const thinks = thought === '' ? '' : frame({ content: '', reasoning_content: thought });
  const speaks = text === '' ? '' : frame({ content: text });
  return (thinks + speaks + (calls.length === 0 ? '' : frame({ tool_calls: calls }))) || life;
}

function frame(delta: object, finish: string | null | undefined = null): string {
  return `data: ${HEAD}{"index":0,"delta":${JSON.stringify(delta)},"finish_reason":${JSON.stringify(finish ?? null)}}]}\n\n`;
}

function openAiUsage({ inputTokens, outputTokens, cachedTokens }: ToldUsage): object {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, prompt_tokens_details: { cached_tokens: cachedTokens } };
}
