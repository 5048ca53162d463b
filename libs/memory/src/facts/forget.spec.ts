import { forgettingIn, isAbout } from './forget.js';

describe('forgettingIn', () => {
  it.each([
    ['Forget my name.', 'my name'], ['please forget about our fiscal year', 'our fiscal year'],
    ['Delete my favourite colour!',
      'my favourite colour'],
    ['Forget that my dog is called Rex.', 'my dog'],
  ])('%s', (message, about) => expect(forgettingIn(message)).toEqual({ everything: false, about }));

  it.each(['Please forget everything you know about me.', 'Forget all about us', 'Vergiss alles über mich.', 'Oublie tout sur moi'])(
    '%s is everything', (message) => expect(forgettingIn(message)).toEqual({ everything: true }));

  it.each(['Don\'t forget my name.', 'Forget it.', 'How do I delete my account?', 'Delete all files',
    'Forget everything I said about the files',
    'I forget my password often', ''])('nothing is to be forgotten by: %s', (message) => expect(forgettingIn(message)).toBeNull());

  it('meets the facts that hold all its words', () => {
    expect(isAbout('My name is Ada', 'my name')).toBe(true);
    expect(isAbout('Our fiscal year starts in April', 'my name')).toBe(false);
  });
});
