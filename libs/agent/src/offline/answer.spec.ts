import { answerOffline, type OfflineAsk } from './answer.js';

const passages = [
  {
    marker: 1, document: 'operations.md', heading: 'Operations › Split', page: null,
    text: 'To move search into its own pod, start a second process with ATOLL_CONTEXTS set to search, and tell the first one where it ' +
      'is:\n\n```\nATOLL_CONTEXTS=search npm start\nATOLL_URL_SEARCH=http://search:3000 npm start\n```\n\nBoth processes need the same ' +
        'ATOLL_SECRET. Redis is needed as soon as there are two processes.',
  },
  {
    marker: 2, document: 'handbook.pdf', heading: null, page: 12,
    text: 'The harbour bridge was opened in 1931 by Mayor Ellen Brandt. It is 480 metres long. The bridge was closed for repairs ' +
      'because the cables had rusted. Trams cross it every ten minutes.',
  },
  {
    marker: 3, document: 'limits.md', heading: 'Limits', page: null,
    text: 'Uploads are limited:\n- A file may have 25 MB.\n- A PDF may have 500 pages.\n- An archive is refused.\n\nThe limits can be ' +
      'raised by an operator.',
  },
];
const ask = (question: string, part: Partial<OfflineAsk> = {}): OfflineAsk =>
  ({ question, passages, facts: [], history: [{ role: 'assistant', content: '…' }], remembers: true, ...part });
const answer = (question: string, part: Partial<OfflineAsk> = {}): string => answerOffline(ask(question, part)).text;

describe('answerOffline', () => {
  it.each([
    ['When was the harbour bridge opened?', /opened in 1931[^\n]*\[2\]/],
    ['Who opened the bridge?', /Mayor Ellen Brandt[^\n]*\[2\]/],
    ['How long is the harbour bridge?', /480 metres[^\n]*\[2\]/],
    ['Why was the bridge closed?', /because the cables had rusted[^\n]*\[2\]/],
    ['How large may an uploaded file be?', /25 MB[\s\S]*\[3\]/],
    ['what does kubernets say', /I do not know/],
    ['Can the limits be raised?', /raised by an operator\. \[3\]/],
  ])('%s', (question, expected) => expect(answer(question)).toMatch(expected));

  it('answers a how-to with its steps and commands, fenced', () => {
    expect(answer('How do I move search into its own pod?'))
      .toMatch(/To move search[\s\S]*```\nATOLL_CONTEXTS=search npm start\nATOLL_URL_SEARCH=http:\/\/search:3000 npm start\n```\n\[1\]/);
  });

  it('quotes a list with the line that leads it', () => {
    expect(answer('What are the upload limits?'))
      .toMatch(/^Uploads are limited:\n- A file may have 25 MB.\n- A PDF may have 500 pages.\n- An archive is refused./);
  });

  it.each(['What is the capital of France?', 'Who won the world cup in 1998?', 'How do I bake bread?',
    'When was the Eiffel tower opened?'])('does not know: %s', (question) => {
    expect(answerOffline(ask(question))).toEqual({ text: expect.stringMatching(/^I do not know/) as string, known: false });
  });

  it('quotes a row of a table with the header that names its values', () => {
    const table = { marker: 1, document: 'stock.csv', heading: null, page: null,
      text: 'sku | description | stock\nSKU-7 | Hex bolt | 370\nSKU-8 | Washer | 12\nSKU-9 | Wing nut | 44' };
    expect(answer('How many units of SKU-8 are in stock?', { passages: [table] }))
      .toBe('sku | description | stock\nSKU-8 | Washer | 12 [1]');
  });

  it('says in the language of the question that it does not know', () => {
    expect(answer('Wie heißt die Hauptstadt von Frankreich und warum ist sie das?')).toMatch(/^Das weiß ich nicht/);
    expect(answer('¿Cuál es la capital de Francia y por qué es la más grande?')).toMatch(/^No lo sé/);
  });

  it('understands a follow-up by the conversation', () => {
    const history = [{ role: 'user' as const, content: 'When was the harbour bridge opened?' },
      { role: 'assistant' as const, content: 'It was opened in 1931. [2]' }];
    expect(answer('How long is it?', { history })).toMatch(/480 metres/);
  });

  it('answers from what the person told, and only then', () => {
    const facts = ['My name is Ann', 'Our fiscal year starts in April', 'I prefer short answers'];
    expect(answer('What is my name?', { facts })).toBe('You told me: “My name is Ann”');
    expect(answer('When does our fiscal year start?', { facts })).toBe('You told me: “Our fiscal year starts in April”');
    expect(answer('What do you know about me?', { facts }))
      .toBe('You told me:\n- “My name is Ann”\n- “Our fiscal year starts in April”\n- “I prefer short answers”');
    expect(answer('What is my name?')).toMatch(/I do not know/);
    expect(answer('How long is the harbour bridge?', { facts })).toMatch(/480 metres/);
  });

  it('promises to remember only where the agent does', () => {
    expect(answer('My name is Ann.')).toBe('Noted. I will remember it.');
    expect(answer('Remember that the door code is 4711')).toBe('Noted. I will remember it.');
    expect(answer('My name is Ann.', { remembers: false })).not.toMatch(/remember/);
  });

  it('greets, and introduces itself once per conversation', () => {
    expect(answer('Hello!', { history: [] })).toMatch(/^Hello![\s\S]*offline model/);
    expect(answer('Thanks a lot!')).toBe('You are welcome.');
    expect(answer('Who opened the bridge?', { history: [] })).toMatch(/offline model/);
    expect(answer('Who opened the bridge?')).not.toMatch(/offline model/);
  });

  it('says the same thing every time, and something on any input', () => {
    expect(answer('Who opened the bridge?')).toBe(answer('Who opened the bridge?'));
    for (const question of ['', '?', '   ', '🙂', 'a'.repeat(5_000), '[1]', 'the of and', '```', '\u0000'])
      expect(typeof answer(question)).toBe('string');
    expect(answer('Who opened the bridge?', { passages: [] })).toMatch(/I do not know/);
  });
});
