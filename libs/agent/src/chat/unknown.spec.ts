import { saysUnknown } from './unknown.js';

describe('saysUnknown', () => {
  it.each([
    'I do not know.', 'I don’t know: the passages do not say.', 'The documents do not mention a price.',
    'I could not find anything about that.',
    'There is no information about this in the passages.', 'This is not mentioned in the documents.', 'Das weiß ich nicht.',
    'Je ne sais pas.', 'No lo sé.', 'Я не знаю.',
  ])('hears %j', (answer) => expect(saysUnknown(answer)).toBe(true));

  it.each(['Your name is Ann.', 'Hello! How can I help?', 'The limit is 25 MB.', 'Yes, it is.'])('hears an answer in %j',
    (answer) => expect(saysUnknown(answer)).toBe(false));
});
