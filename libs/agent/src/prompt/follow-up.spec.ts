import { type Found, isFollowUp, queryOf, type Reading, readings } from './follow-up.js';

const turn = (question: string, answer = 'Noted.') =>
  [{ role: 'user' as const, content: question }, { role: 'assistant' as const, content: answer }];
const passages: Found[] = [
  'To install Atoll on Linux, run npm ci and start it. To install it on Windows, use the Windows installer.',
  'Stop Atoll with Ctrl-C. Redis is needed for two processes.',
  'The canteen opens at noon. Lunch costs six euros.',
  'A bicycle stand is behind the house. It takes ten minutes to get a key for it from reception.',
  'The harbour bridge was drawn by the engineer Mira Solberg. It was opened in 1931.',
].map((text) => ({ text, heading: null, documentName: 'guide.md' }));
/** Passages by how many words of the query they hold. */
const search = (query: string): Found[] => {
  const wanted = query.toLowerCase().match(/\w{3,}/g) ?? [];
  const held = ({ text }: Found): number => wanted.filter((word) => text.toLowerCase().includes(word)).length;
  return passages.filter((one) => held(one) > 0).sort((a, b) => held(b) - held(a));
};
const read = (question: string, history: ReturnType<typeof turn>): Reading => {
  const [alone, together] = readings(question, history);
  return together && isFollowUp(together, search(queryOf(alone)), search(queryOf(together))) ? together : alone;
};

describe('readings', () => {
  it('reads a question that stands alone in one way', () => {
    const history = turn('How do I install Atoll on Linux?');
    for (const question of ['How do I upload a PDF document?', 'Which database does the embedded mode use in production?'])
      expect(readings(question, history)).toEqual([{ text: question, carried: [] }]);
    expect(readings('And on Windows?', [])).toHaveLength(1);
  });

  it('reaches past a follow-up to the question it followed, and takes names from the answer where a person is meant', () => {
    const history = [...turn('Who designed the harbour bridge?', 'The engineer Mira Solberg drew it.'), ...turn('And when was it opened?')];
    expect(readings('How long is it?', history)[1]!.carried).toEqual(['opened', 'designed', 'harbour', 'bridge']);
    expect(readings('Where was she born?', turn('Who designed it?', 'The engineer Mira Solberg drew it.'))[1]!.carried).toContain('Mira');
  });

  it('carries nothing over from what the offline model says of itself', () => {
    const answer = 'The engineer Mira Solberg. [1]\n\n_I am the built-in offline model: with OPENAI_API_KEY, a Language Model answers._';
    expect(readings('Where was she born?', turn('Who drew it?', answer))[1]!.carried).toEqual(['drew', 'Mira', 'Solberg']);
  });
});

describe('isFollowUp', () => {
  it.each([
    ['And on Windows?', ['install', 'atoll']],
    ['Why?', ['install', 'atoll', 'linux']],
    ['Tell me more', ['install', 'atoll']],
    ['Und unter Windows?', ['install', 'atoll']],
  ])('%s goes on with what was asked', (question, words) => {
    expect(read(question, turn('How do I install Atoll on Linux?')).carried).toEqual(expect.arrayContaining(words));
  });

  it.each(['How long does it take to get a key for a bicycle?', 'Is there a canteen?', 'So what does lunch cost?',
    'What about the canteen?', 'But also, who drew the harbour bridge?', 'Und was kostet lunch?'])('%s is another topic', (question) => {
    expect(read(question, turn('How do I install Atoll on Linux?')).carried).toEqual([]);
  });
});
