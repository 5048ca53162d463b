import { mergeFrames, mergingDeltas } from './merge-deltas.js';

const delta = (content: string, more: object = {}): string =>
  `data: ${JSON.stringify({ id: 'c1', choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more })}`;
const contentOf = (text: string): string =>
  [...text.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)].map(([, json]) => JSON.parse(json!) as string).join('');

/** A server whose stream comes in these pieces. */
function serving(pieces: Uint8Array[], type = 'text/event-stream'): typeof globalThis.fetch {
  return () => Promise.resolve(new Response(ReadableStream.from(pieces), { headers: { 'content-type': type } }));
}

describe('frames that arrived together', () => {
  it('become one where they hold nothing but words', () => {
    const merged = mergeFrames([delta('Hel'), delta('lo "you"\n'), delta('!')]);
    expect(merged).toBe(`${delta('Hello "you"\n!')}\n\n`);
    expect(mergeFrames([delta('one')])).toBe(`${delta('one')}\n\n`);
  });

  it.each([
    'data: [DONE]', ': keep-alive', 'data: {"choices":[{"delta":{"cont', 'event: error\ndata: {"error":{"message":"x"}}',
    'data: {"choices":[]}',
    'data: null', 'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}', 'data: {"choices":[{"finish_reason":"stop"}]}',
    delta('last', { usage: { prompt_tokens: 1, completion_tokens: 1 } }),
    delta('x').replace('"finish_reason":null', '"finish_reason":"stop"'),
    delta('x').replace('"content":"x"', '"tool_calls":[{"index":0}]'), `${delta('a').slice(0, -2)},${delta('b').slice(24)}`,
  ])('keep their place around one that says more: %s', (frame) => {
    expect(mergeFrames([delta('a'), delta('b'), frame, delta('c')])).toBe(`${delta('ab')}\n\n${frame}\n\n${delta('c')}\n\n`);
  });

  it.each(['\n\n', '\r\n\r\n'])('come whole wherever the network cuts them, with %j between them', async (between) => {
    const text = [delta('Grüße '), delta('aus '), delta('Köln 🌊'), 'data: [DONE]'].join(between) + between;
    const bytes = new TextEncoder().encode(text);
    for (let cut = 1; cut < bytes.length; cut++) {
      const response = await mergingDeltas(serving([bytes.subarray(0, cut), bytes.subarray(cut)]))('http://model');
      const read = await response.text();
      expect(contentOf(read)).toBe('Grüße aus Köln 🌊');
      expect(read.endsWith('data: [DONE]\n\n')).toBe(true);
    }
  });

  it('are left alone where they are no stream', async () => {
    const bytes = [new TextEncoder().encode('{"choices":[]}')];
    const response = await mergingDeltas(serving(bytes, 'application/json'))('http://model');
    expect(await response.text()).toBe('{"choices":[]}');
  });
});
