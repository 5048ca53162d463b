import { readChatRequest } from './chat-request.js';

const request = (part: Record<string, unknown> = {}): Record<string, unknown> =>
  ({ model: 'atoll', messages: [{ role: 'user', content: 'Why?' }], ...part });

describe('readChatRequest', () => {
  it('reads what OpenAI clients send', () => {
    const body = request({
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Hello ' }, { type: 'text', text: 'there' }] },
        { role: 'assistant', content: 'Hi', refusal: null },
        { role: 'assistant', content: null },
        { role: 'user', content: 'Why?' },
      ],
      stream: true, stream_options: { include_usage: true }, temperature: 0.3, max_tokens: 10, max_completion_tokens: 20, seed: 7,
      user: 'x', top_p: 1, tools: [],
    });
    expect(readChatRequest(body)).toEqual({
      model: 'atoll', question: 'Why?', history: [{ role: 'user', content: 'Hello there' }, { role: 'assistant', content: 'Hi' }],
      system: ['Be brief.'],
      stream: true, includeUsage: true, temperature: 0.3, maxTokens: 20,
    });
  });

  it.each([
    [null, null],
    [[], null],
    [request({ model: '' }), 'model'],
    [request({ messages: [] }), 'messages'],
    [request({ messages: 'hi' }), 'messages'],
    [request({ messages: [{ role: 'assistant', content: 'x' }] }), 'messages'],
    [request({ messages: [{ role: 'tool', content: 'x' }] }), 'messages[0].role'],
    [request({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] }), 'messages[0].content'],
    [request({ messages: [{ role: 'user', content: 5 }] }), 'messages[0].content'],
    [request({ messages: [null] }), 'messages[0]'],
    [request({ tools: [{}] }), 'tools'],
    [request({ n: 2 }), 'n'],
    [request({ temperature: 3 }), 'temperature'],
    [request({ max_tokens: 0.5 }), 'max_tokens'],
  ])('refuses %j and names the field', (body, param) => {
    expect(() => readChatRequest(body)).toThrow(expect.objectContaining({ code: 'invalid', details: { param } }));
  });
});
