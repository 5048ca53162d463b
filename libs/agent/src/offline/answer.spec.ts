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
    const asked = [{ text: 'How long is it?', carried: ['opened', 'harbour', 'bridge'], markers: [2, 1, 3], coverage: 1 }];
    expect(answer('How long is it?', { asked })).toMatch(/480 metres/);
    expect(answer('How much is it for a swimming pool?', { asked: [{ ...asked[0]!, text: 'How much is it for a swimming pool?' }] }))
      .toMatch(/^I do not know/);
  });

  it('answers each question of a message, and says which it cannot', () => {
    const both = answer('Who opened the harbour bridge, and how large may an uploaded file be?');
    expect(both).toMatch(/Ellen Brandt[\s\S]*25 MB/);
    expect(answer('Who opened the harbour bridge? What is the capital of Peru?'))
      .toMatch(/Ellen Brandt[^\n]*\[2\]\n\n“What is the capital of Peru\?” – I do not know/);
  });

  it.each(['Is there a gym?', 'What is a flurbnik?', 'How do I calibrate the bridge zorbatron?', 'Where is the Quellor bridge?'])(
    'does not take function words, or half of what is asked, for evidence: %s',
    (question) => expect(answerOffline(ask(question)).known).toBe(false));

  it('does not answer with the opposite of what is asked', () => {
    const text = 'Every full-time employee has 27 days off a year. Days off are asked for two weeks ahead.';
    const leave = [{ marker: 1, document: 'handbook.md', heading: null, page: null, text }];
    expect(answer('How many days off does a full-time employee have?', { passages: leave })).toMatch(/27 days/);
    expect(answer('How many days off does a part-time employee have?', { passages: leave })).toMatch(/^I do not know/);
  });

  it('does not read one word for another that is spelt nearly so', () => {
    const text = 'The company invested in the harbour. The hero of the town stands on the square.';
    const passage = [{ marker: 1, document: 'town.md', heading: null, page: null, text }];
    expect(answer('What is a heron?', { passages: passage })).toMatch(/^I do not know/);
    expect(answer('Who invented the telephone?', { passages: passage })).toMatch(/^I do not know/);
  });

  it('finds an emoji, and in German a part of a compound', () => {
    const passage = (text: string) => [{ marker: 1, document: 'a.md', heading: null, page: null, text }];
    expect(answer('What does 🛳️ mean?', { passages: passage('🛳️ means that the ferry runs. 🚧 means works.') })).toMatch(/^🛳️ means that the ferry/);
    const handbook = passage('Die Kündigungsfrist beträgt drei Monate. Jeder Mitarbeiter hat 30 Urlaubstage im Jahr.');
    expect(answer('Wie viele Urlaubstage habe ich?', { passages: handbook })).toMatch(/^Jeder Mitarbeiter hat 30 Urlaubstage/);
    expect(answer('Wie lang ist die Frist?', { passages: handbook })).toMatch(/^Die Kündigungsfrist/);
  });

  it('says that it sees no question where there is none', () => {
    expect(answerOffline(ask('I moved to Oslo.', { remembers: false })))
      .toEqual({ text: expect.stringMatching(/^I see no question/) as string, known: true });
    expect(answer('Merke dir, dass unser Geschäftsjahr im April beginnt.', { remembers: false })).toMatch(/^Ich erkenne darin keine Frage/);
  });

  it.each([['Quand finit la période d’essai ?', /^Je ne sais pas/], ['Wer ist der Chef?', /^Das weiß ich nicht/], ['Wer?', /^Das weiß/]])(
    'refuses a short question in its language: %s', (question, expected) => expect(answer(question)).toMatch(expected));

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
