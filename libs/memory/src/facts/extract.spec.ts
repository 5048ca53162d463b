import { extractFacts } from './extract.js';

describe('extractFacts', () => {
  it.each([
    ['Remember that our fiscal year starts in April.', 'Our fiscal year starts in April', 'told', 'our fiscal year'],
    ['please remember: the office closes at 6 pm', 'The office closes at 6 pm', 'told', null],
    ["Don't forget that I am allergic to nuts!", 'I am allergic to nuts', 'told', null],
    ['My name is Ada Lovelace.', 'My name is Ada Lovelace', 'learned', 'my name'],
    ['Hi, my favourite colour is teal', 'Hi, my favourite colour is teal', 'learned', 'my favourite colour'],
    ['I live in Zürich and work for a bank.', 'I live in Zürich and work for a bank', 'learned', null],
    ['Call me Bob', 'Call me Bob', 'learned', 'my name to be called by'],
    ['We use Postgres 15.4 everywhere.', 'We use Postgres 15.4 everywhere', 'learned', null],
  ])('%s', (message, text, source, subject) => {
    expect(extractFacts(message)).toEqual([{ text, source, subject }]);
  });

  it.each([
    'What is my name?',
    'How do I move search into its own pod?',
    'I am looking for the invoice of March.',
    'I have a question about billing',
    "I'm trying to install it",
    'Tell me about my contract',
    'Do you remember my name?',
    '',
  ])('learns nothing from: %s', (message) => {
    expect(extractFacts(message)).toEqual([]);
  });

  it('finds each fact of a longer message and leaves the question out', () => {
    const message = 'My name is Ada. I prefer short answers. How do I rotate keys?';
    expect(extractFacts(message).map((fact) => fact.text)).toEqual(['My name is Ada', 'I prefer short answers']);
  });
});
