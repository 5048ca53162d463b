import { askedIn, isStatement } from './questions.js';

describe('askedIn', () => {
  it.each([
    ['How long is the bridge?', ['How long is the bridge?']],
    ['bridge length', ['bridge length']],
    ['Who drew the bridge, and how long is it?', ['Who drew the bridge?', 'how long is it?']],
    ['1. Who drew the bridge? 2. When was it opened? 3. Are dogs allowed?',
      ['Who drew the bridge?', 'When was it opened?', 'Are dogs allowed?']],
    ['Good day! I hope you are well. I was wondering whether you could kindly tell me how long the bridge is? Many thanks in advance!',
      ['how long the bridge is?']],
    ['Guten Tag, könnten Sie mir bitte sagen, wie lang die Brücke ist? Vielen Dank!', ['wie lang die Brücke ist?']],
    ['If two rivers meet at a bridge, what is it called?', ['If two rivers meet at a bridge, what is it called?']],
    ['Who wrote the book and when?', ['Who wrote the book and when?']],
  ])('%s', (message, questions) => expect(askedIn(message).questions).toEqual(questions));

  it('keeps what is told before the question', () => {
    expect(askedIn('The bridge is closed. When does it open again?').told).toBe('The bridge is closed.');
  });

  it('reads a huge message in no time', () => {
    for (const piece of ['How long is it and why is that? ', 'a', 'to know ', '1. ']) {
      const message = piece.repeat(1_000_000 / piece.length);
      askedIn(message.slice(0, 10_000));
      const started = performance.now();
      askedIn(message);
      isStatement(message);
      expect(performance.now() - started).toBeLessThan(200);
    }
  });
});

describe('isStatement', () => {
  it.each(['I moved to Oslo.', 'Merke dir, dass ich Anna heiße.', 'The bridge is closed!'])('hears that %s asks nothing', (message) => {
    expect(isStatement(message)).toBe(true);
  });
  it.each(['Is it closed?', 'bridge length', 'Tell me about the bridge.', 'I would like to know who drew it.', ''])(
    'hears a question in %j', (message) => expect(isStatement(message)).toBe(false));
});
