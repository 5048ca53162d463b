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
      user: 'x', top_p: 1, tools: [], stop: 'END', response_format: { type: 'json_object' }, n: 1, metadata: { a: 'b' }, store: false,
      logprobs: false, tool_choice: 'none', parallel_tool_calls: true, logit_bias: {}, reasoning_effort: 'low', name: 'ignored',
    });
    expect(readChatRequest(body)).toEqual({
      model: 'atoll', question: 'Why?', history: [{ role: 'user', content: 'Hello there' }, { role: 'assistant', content: 'Hi' }],
      system: ['Be brief.'],
      stream: true, includeUsage: true, temperature: 0.3, maxTokens: 20, stop: ['END'],
      fields: { top_p: 1, seed: 7, reasoning_effort: 'low', response_format: { type: 'json_object' } }, binding: ['response_format'],
    });
  });

  const said = (...messages: [role: string, content: unknown][]): unknown => {
    const { question, history, system } = readChatRequest(request({ messages: messages.map(([role, content]) => ({ role, content })) }));
    return { question, history: history.map(({ content }) => content), system };
  };

  it.each<[string, Parameters<typeof said>, unknown]>([
    ['instructions behind the question', [['user', 'Why?'], ['system', 'Be brief.']], { question: 'Why?', history: [],
      system: ['Be brief.'] }],
    ['instructions of a developer anywhere', [['system', 'A'], ['user', 'Hi'], ['developer', 'B'], ['assistant', 'Hello'], ['user', 'Why?'],
      ['developer', 'C']],
      { question: 'Why?', history: ['Hi', 'Hello'], system: ['A', 'B', 'C'] }],
    ['instructions alone', [['system', 'Be brief.'], ['system', 'Tell a joke.']], { question: 'Tell a joke.', history: [],
      system: ['Be brief.'] }],
    ['an answer that has begun', [['user', 'Why?'], ['assistant', 'Because']],
      { question: 'Why?', history: [], system: [expect.stringMatching(/begins[\s\S]*Because$/)] }],
    ['several things in a row', [['user', 'I have a bike.'], ['user', 'Is it allowed?']], { question: 'Is it allowed?',
      history: ['I have a bike.'], system: [] }],
    ['an empty last message', [['user', 'Why?'], ['user', '']], { question: 'Why?', history: [], system: [] }],
    ['parts of several names, and a refusal', [['assistant', [{ type: 'refusal', refusal: 'No.' }]], ['user', ['Wh', { type: 'input_text',
      text: 'y?' }]]],
      { question: 'Why?', history: ['No.'], system: [] }],
    ['one part that is no list', [['user', { type: 'text', text: 'Why?' }]], { question: 'Why?', history: [], system: [] }],
  ])('takes %s', (_what, messages, read) => {
    expect(said(...messages)).toEqual(read);
  });

  it.each([
    [null, null],
    [[], null],
    [request({ model: '' }), 'model'],
    [request({ messages: [] }), 'messages'],
    [request({ messages: 'hi' }), 'messages'],
    [request({ messages: [{ role: 'assistant', content: 'x' }] }), 'messages'],
    [request({ messages: [{ role: 'tool', content: 'x' }] }), 'messages[0].role'],
    [request({ messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'image_url', image_url: {} }] }] }),
      'messages[0].content[1]'],
    [request({ messages: [{ role: 'user', content: [{ type: 'text' }] }] }), 'messages[0].content[0].text'],
    [request({ messages: [{ role: 'user', content: ' ' }] }), 'messages'],
    [request({ messages: [{ role: 'assistant', content: null, tool_calls: [{}] }] }), 'messages[0].tool_calls'],
    [request({ messages: [{ role: 'other', content: 'x' }] }), 'messages[0].role'],
    [request({ messages: [{ role: 'user', content: 5 }] }), 'messages[0].content'],
    [request({ messages: [null] }), 'messages[0]'],
    [request({ tools: [{}] }), 'tools'],
    [request({ tools: [{}], tool_choice: 'auto' }), 'tools'],
    [request({ functions: [{}] }), 'functions'],
    [request({ tool_choice: 'required' }), 'tool_choice'],
    [request({ tool_choice: { type: 'function', function: { name: 'x' } } }), 'tool_choice'],
    [request({ n: 2 }), 'n'],
    [request({ logprobs: true }), 'logprobs'],
    [request({ top_logprobs: 3 }), 'top_logprobs'],
    [request({ modalities: ['text', 'audio'] }), 'modalities'],
    [request({ audio: { voice: 'x' } }), 'audio'],
    [request({ web_search_options: {} }), 'web_search_options'],
    [request({ response_format: { type: 'yaml' } }), 'response_format'],
    [request({ response_format: { type: 'json_schema' } }), 'response_format'],
    [request({ stop: ['a', 'b', 'c', 'd', 'e'] }), 'stop'],
    [request({ stop: '' }), 'stop'],
    [request({ seed: 1.5 }), 'seed'],
    [request({ top_p: 2 }), 'top_p'],
    [request({ presence_penalty: '1' }), 'presence_penalty'],
    [request({ logit_bias: { 50256: 1000 } }), 'logit_bias'],
    [request({ reasoning_effort: 'much' }), 'reasoning_effort'],
    [request({ stream: 'true' }), 'stream'],
    [request({ stream: 1 }), 'stream'],
    [request({ stream_options: true }), 'stream_options'],
    [request({ stream: true, stream_options: { include_usage: 'yes' } }), 'stream_options.include_usage'],
    [request({ temperature: 3 }), 'temperature'],
    [request({ max_tokens: 0.5 }), 'max_tokens'],
    [request({ messages: [{ role: 'toString', content: 'x' }] }), 'messages[0].role'],
    [request({ messages: [{ role: '__proto__', content: 'x' }] }), 'messages[0].role'],
    [request({ messages: [{ role: 'user', content: [{ type: 'constructor', text: 'x' }] }] }), 'messages[0].content[0]'],
  ])('refuses %j and names the field', (body, param) => {
    expect(() => readChatRequest(body)).toThrow(expect.objectContaining({ code: 'invalid', details: { param } }));
  });
});
