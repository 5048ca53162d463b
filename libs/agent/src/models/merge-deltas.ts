/** One frame of a completion's stream, as far as it matters here. */
interface Frame {
  choices?: { delta?: { content?: unknown }; finish_reason?: unknown }[];
  usage?: unknown;
}

/**
 * A `fetch` whose streams have the words that arrived together in one frame: LangChain makes several objects of every frame, which costs
 * more than all else that happens to a token. Nothing is held back, and a frame that says anything but words goes through as it is.
 */
export function mergingDeltas(send: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await send(input, init);
    if (!response.ok || !response.body || !response.headers.get('content-type')?.includes('text/event-stream')) return response;
    const merged = response.body.pipeThrough(mergingStream());
    return new Response(merged, { status: response.status, headers: response.headers });
  };
}

function mergingStream(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = '';
  return new TransformStream({
    transform(bytes, controller) {
      const frames = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n\r?\n/);
      rest = frames.pop()!;
      if (frames.length > 0) controller.enqueue(encoder.encode(mergeFrames(frames)));
    },
    flush(controller) {
      if (rest !== '') controller.enqueue(encoder.encode(rest));
    },
  });
}

/** Whole frames, without the blank lines between them, as one text. */
export function mergeFrames(frames: string[]): string {
  let merged = '';
  let open: { first: string; frame: Frame; words: string; count: number } | undefined;
  const close = (): void => {
    if (open) merged += `${open.count === 1 ? open.first : `data: ${worded(open.frame, open.words)}`}\n\n`;
    open = undefined;
  };
  for (const text of frames) {
    const frame = wordsOnly(text);
    const words = frame?.choices![0]!.delta!.content as string;
    if (frame && open) {
      open.words += words;
      open.count++;
    } else {
      close();
      if (frame) open = { first: text, frame, words, count: 1 };
      else merged += `${text}\n\n`;
    }
  }
  close();
  return merged;
}

/** A frame that adds words to the one answer and says nothing else. */
function wordsOnly(text: string): Frame | undefined {
  if (!text.startsWith('data: {')) return undefined;
  try {
    const frame = JSON.parse(text.slice('data: '.length)) as Frame;
    const [choice] = frame.choices ?? [];
    const words = frame.choices?.length === 1 && typeof choice?.delta?.content === 'string' && Object.keys(choice.delta).length === 1;
    return words && (choice.finish_reason ?? null) === null && (frame.usage ?? null) === null ? frame : undefined;
  } catch {
    return undefined;
  }
}

function worded(frame: Frame, words: string): string {
  const [choice] = frame.choices!;
  return JSON.stringify({ ...frame, choices: [{ ...choice, delta: { content: words } }] });
}
