import { isFollowUp, standalone } from './follow-up.js';

const turn = (question: string, answer = 'Noted.') =>
  [{ role: 'user' as const, content: question }, { role: 'assistant' as const, content: answer }];

describe('standalone', () => {
  it('leaves a question that stands alone as it is', () => {
    const history = turn('How do I install Atoll on Linux?');
    for (const question of ['How do I upload a PDF document?', 'Which database does the embedded mode use in production?']) {
      expect(standalone(question, history)).toBe(question);
    }
    expect(standalone('And on Windows?', [])).toBe('And on Windows?');
  });

  it.each([
    ['And on Windows?', ['install', 'atoll']],
    ['What about Redis?', ['install', 'atoll', 'linux']],
    ['How do I stop it?', ['install', 'atoll']],
    ['Why?', ['install', 'atoll', 'linux']],
    ['Tell me more', ['install', 'atoll']],
  ])('%s carries over what it leaves out', (question, words) => {
    const query = standalone(question, turn('How do I install Atoll on Linux?'));
    expect(query.startsWith(question)).toBe(true);
    for (const word of words) expect(query).toContain(word);
  });

  it('reaches past a follow-up to the question it followed, and takes names from the answer', () => {
    const history = [...turn('Who designed the harbour bridge?', 'It was drawn by the engineer Mira Solberg in 1931.'),
      ...turn('And when was it opened?')];
    const query = standalone('How long is it?', history);
    expect(query).toMatch(/harbour/);
    expect(standalone('Where was she born?',
      turn('Who designed the harbour bridge?', 'It was drawn by the engineer Mira Solberg in 1931.'))).toContain('Mira');
  });

  it('knows follow-ups in other languages', () => {
    expect(isFollowUp('Und unter Windows?')).toBe(true);
    expect(isFollowUp('Et sur Windows ?')).toBe(true);
  });
});
