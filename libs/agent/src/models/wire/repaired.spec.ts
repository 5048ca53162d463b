import { repaired } from './repaired.js';

interface Read {
  text: string;
  thought: string;
  finish: string | null;
  usage: unknown;
}

/** What a reader of OpenAI's form takes from a body that comes in these pieces. */
async function read(pieces: (string | Uint8Array)[], broken = false): Promise<Read> {
  const body = ReadableStream.from((async function* () {
    for (const piece of pieces) yield typeof piece === 'string' ? new TextEncoder().encode(piece) : piece;
    if (broken) throw new TypeError('terminated');
  })());
  let frames = '';
  for await (const bytes of repaired(body, 100, 50)) frames += new TextDecoder().decode(bytes);
  const seen: Read = { text: '', thought: '', finish: null, usage: null };
  for (const frame of frames.split('\n\n').slice(0, -2)) {
    const { choices: [choice], usage } = JSON.parse(frame.slice('data: '.length)) as
      { choices: { delta: { content?: string; reasoning_content?: string }; finish_reason: string | null }[]; usage?: unknown };
    seen.text += choice?.delta.content ?? '';
    seen.thought += choice?.delta.reasoning_content ?? '';
    seen.finish = choice?.finish_reason ?? seen.finish;
    seen.usage = usage ?? seen.usage;
  }
  expect(frames.endsWith('data: [DONE]\n\n')).toBe(true);
  return seen;
}

const chunk = (choice: object, more: object = {}): string => `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }], ...more })}\n\n`;
const words = (content: unknown): string => chunk({ delta: { content } });
const STOP = chunk({ delta: {}, finish_reason: 'stop' });
const DONE = 'data: [DONE]\n\n';

describe('a body that departs from OpenAI\'s protocol', () => {
  it.each<[string, string[]]>([
    ['a chunk without choices', [words('Hello '), 'data: {"usage":{"prompt_tokens":3}}\n\n', 'data: {}\n\n', words('there'), STOP, DONE]],
    ['choices that are null, empty or hold null', [words('Hello '), 'data: {"choices":null}\n\n', 'data: {"choices":[]}\n\n',
      'data: {"choices":[null]}\n\n', words('there'), STOP, DONE]],
    ['a choice without delta', [words('Hello there'), chunk({ finish_reason: 'stop' }), DONE]],
    ['a delta that is null', [words('Hello '), chunk({ delta: null }), words('there'), chunk({ delta: null, finish_reason: 'stop' })]],
    ['a delta that is text', [chunk({ delta: 'Hello ' }), chunk({ delta: 'there' }), STOP]],
    ['one choice in place of a list', ['data: {"choices":{"delta":{"content":"Hello there"},"finish_reason":"stop"}}\n\n']],
    ['choices without an index', ['data: {"choices":[{"delta":{"content":"Hello there"},"finish_reason":"stop"}]}\n\n']],
    ['a second choice nobody asked for', [words('Hello there'), 'data: {"choices":[{"index":1,"delta":{"content":"Other"}}]}\n\n', STOP]],
    ['text as completions had it', [chunk({ text: 'Hello ' }), chunk({ text: 'there', finish_reason: 'stop' })]],
    ['content as a list of parts', [words([{ type: 'text', text: 'Hello ' }]), words([{ type: 'output_text', text: 'there' }]), STOP]],
    ['content as one part, or as plain texts', [words({ type: 'text', text: { value: 'Hello ' } }), words(['there']), STOP]],
    ['null content between', [words('Hello '), words(null), words('there'), STOP]],
    ['a refusal in place of content', [chunk({ delta: { content: null, refusal: 'Hello there' } }), STOP]],
    ['no space behind data:', [words('Hello there').replace('data: ', 'data:'), STOP.replace('data: ', 'data:'), 'data:[DONE]\n\n']],
    ['comments and other fields', [': OPENROUTER PROCESSING\n\n', 'id: 1\nevent: message\nretry: 5\n' + words('Hello there'), ':\n\n',
      STOP]],
    ['no blank lines', [[words('Hello '), words('there'), STOP].join('').replaceAll('\n\n', '\n')]],
    ['an event over several data lines',
      ['data: {"choices":[{"delta":\ndata: {"content":"Hello there"},\ndata: "finish_reason":"stop"}]}\n\n']],
    ['a byte order mark', [`\uFEFF${words('Hello there')}${STOP}`]],
    ['lines that are no JSON', ['warming up\n\n', words('Hello '), 'data: {"choices":[{"del\n\n', 'data: null\n\n', words('there'), STOP,
      DONE]],
    ['no [DONE]', [words('Hello there'), STOP]],
    ['[DONE] and no reason', [words('Hello there'), DONE]],
    ['usage and neither reason nor [DONE]', [words('Hello there'),
      'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n']],
    ['a reason in every chunk', [chunk({ delta: { content: 'Hello ' }, finish_reason: 'stop' }), chunk({ delta: { content: 'there' },
      finish_reason: 'stop' })]],
    ['an empty reason before the real one', [chunk({ delta: { content: 'Hello there' }, finish_reason: '' }), STOP]],
    ['the whole message repeated at the end', [words('Hello '), words('there'), chunk({ message: { content: 'Hello there' },
      finish_reason: 'stop' })]],
    ['lines of JSON', [[words('Hello '), words('there'), STOP].join('').replaceAll('data: ', '').replaceAll('\n\n', '\n')]],
    ['one JSON object', ['{"choices":[{"message":{"role":"assistant","content":"Hello there"},"finish_reason":"stop"}]}']],
    ['one JSON object without a reason', ['{"choices":[{"message":{"content":[{"type":"text","text":"Hello there"}]}}]}']],
    ['one JSON object over many lines', [JSON.stringify({ choices: [{ message: { content: 'Hello there' }, finish_reason: 'stop' }] }, null,
      2)]],
    ['an error behind the end', [words('Hello there'), STOP, 'data: {"error":{"message":"late"}}\n\n']],
    ['an error that is null', [chunk({ delta: { content: 'Hello there' } }, { error: null }), STOP]],
  ])('%s', async (_what, pieces) => {
    expect(await read(pieces)).toMatchObject({ text: 'Hello there', finish: 'stop' });
  });

  it.each(['\n', '\r\n', '\r'])('with %j as the end of a line, wherever the network cuts it', async (end) => {
    const text = [words('Grüße '), words('aus '), words('Köln 🌊'), STOP, DONE].join('').replaceAll('\n', end);
    const bytes = new TextEncoder().encode(text);
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(await read([bytes.subarray(0, cut), bytes.subarray(cut)])).toMatchObject({ text: 'Grüße aus Köln 🌊', finish: 'stop' });
    }
  });

  it('whose connection breaks behind the end', async () => {
    expect(await read([words('Hello there'), STOP], true)).toMatchObject({ text: 'Hello there', finish: 'stop' });
    await expect(read([words('Hello ')], true)).rejects.toThrow('terminated');
  });

  it('ends as its provider says, in OpenAI\'s words', async () => {
    const ended = async (reason: string): Promise<string | null> => (await read([words('x'), chunk({ delta: {},
      finish_reason: reason })])).finish;
    expect(await ended('MAX_TOKENS')).toBe('length');
    expect(await ended('SAFETY')).toBe('content_filter');
    expect(await ended('sensitive')).toBe('content_filter');
    expect(await ended('function_call')).toBe('tool_calls');
    expect(await ended('insufficient_system_resource')).toBe('error');
    expect(await ended('eos')).toBe('stop');
    expect((await read([words('x')])).finish).toBeNull();
  });

  it('says with 200 why there is no answer', async () => {
    const kind = async (pieces: string[]) => read(pieces).then(() => null, (error: { kind: string }) => error.kind);
    expect(await kind(['data: {"error":{"message":"Rate limit reached","code":429}}\n\n'])).toBe('busy');
    expect(await kind([words('Hel'), 'event: error\ndata: {"message":"boom"}\n\n'])).toBe('failed');
    expect(await kind(['{"error":"model \\"x\\" not found, try pulling it first"}'])).toBe('model');
    expect(await kind(['{"object":"error","message":"the maximum context length is 4096 tokens","code":400}'])).toBe('context-length');
    expect(await kind(['<html><body>Sign in</body></html>'])).toBe('no-completion');
    expect(await kind([''])).toBe('no-completion');
    expect(await kind(['{"status":"ok"}'])).toBe('no-completion');
  });

  it('thinks aloud in a field, in parts or in tags, and none of it is the answer', async () => {
    const thinks = async (pieces: string[]) => read([...pieces, words('Hello there'), STOP]);
    const thought = { text: 'Hello there', thought: 'Hm. ' };
    expect(await thinks([chunk({ delta: { reasoning_content: 'Hm. ' } })])).toMatchObject(thought);
    expect(await thinks([chunk({ delta: { content: null, reasoning: 'Hm. ' } })])).toMatchObject(thought);
    expect(await thinks([words([{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm. ' }] }])])).toMatchObject(thought);
    expect(await thinks([words('<thi'), words('nk>Hm'), words('. </th'), words('ink>\n\n')])).toMatchObject(thought);
  });

  it('holds what Postgres does not take', async () => {
    expect((await read([words('a\u0000b'), 'data: {"choices":[{"delta":{"content":"\\ud83c"}}]}\n\n',
      'data: {"choices":[{"delta":{"content":"\\udf0a and \\udf0a"}}]}\n\n', STOP])).text).toBe('a\uFFFDb🌊 and \uFFFD');
  });
});

describe('usage', () => {
  it.each<[string, object, object]>([
    ['in a chunk of its own', { usage: { prompt_tokens: 7, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 2 } } },
      { prompt_tokens: 7, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 2 } }],
    ['beside the choice', { choices: [{ index: 0, usage: { prompt_tokens: 7, completion_tokens: 3 } }] }, { prompt_tokens: 7,
      completion_tokens: 3 }],
    ['where Groq puts it', { x_groq: { usage: { prompt_tokens: 7, completion_tokens: 3 } } }, { prompt_tokens: 7, completion_tokens: 3 }],
    ['in Anthropic\'s words', { usage: { input_tokens: 7, output_tokens: 3 } }, { prompt_tokens: 7, completion_tokens: 3 }],
    ['with a total', { usage: { prompt_tokens: 7, total_tokens: 10 } }, { prompt_tokens: 7, completion_tokens: 3 }],
    ['as text and fractions', { usage: { prompt_tokens: '7', completion_tokens: 2.5 } }, { prompt_tokens: 7, completion_tokens: 3 }],
    ['below zero', { usage: { prompt_tokens: -5, completion_tokens: -1 } }, {}],
    ['beyond all reason', { usage: { prompt_tokens: 1e15, completion_tokens: 3 } }, { completion_tokens: 3 }],
    ['null, or no number', { usage: { prompt_tokens: null, completion_tokens: 'many' } }, {}],
    ['nought for an answer that came', { usage: { prompt_tokens: 0, completion_tokens: 0 } }, {}],
    ['more cached than there was', { usage: { prompt_tokens: 7, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 9 } } },
      { prompt_tokens: 7, completion_tokens: 3 }],
  ])('%s', async (_where, told, usage) => {
    const { usage: seen } = await read([words('Hello there'), STOP, `data: ${JSON.stringify(told)}\n\n`, DONE]);
    expect(seen).toEqual({ prompt_tokens_details: {}, ...usage });
  });
});
