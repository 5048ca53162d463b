import { Thoughts, withoutOrphanThought } from './thoughts.js';

/** The answer, with every cut in two and as single characters. */
function wordsOf(answer: string): Set<string> {
  const pieces = Array.from({ length: answer.length }, (_, cut) => [answer.slice(0, cut), answer.slice(cut)]);
  return new Set([...pieces, [...answer]].map((parts) => {
    const thoughts = new Thoughts();
    return [...parts.map((part) => thoughts.push(part)), thoughts.end()].map(({ text }) => text).join('');
  }));
}

describe('Thoughts', () => {
  it.each([
    ['<think>first\n\nsecond</think>\n\nIt is 27.', 'It is 27.'],
    ['\n<think></think>\nIt is 27.', 'It is 27.'],
    ['<thinking>a < b</thinking>It is 27.', 'It is 27.'],
    ['[THINK]hm[/THINK]It is 27.', 'It is 27.'],
    ['◁think▷hm◁/think▷It is 27.', 'It is 27.'],
    ['<think>one</think>\n<think>two</think>\nIt is 27.', 'It is 27.'],
    ['It is\n<think>really?</think>\n27.', 'It is\n27.'],
    ['<think>all the budget', ''],
    ['It is 27.\n<think> stays a tag', 'It is 27.\n<think> stays a tag'],
    ['Write `<think>` before it.', 'Write `<think>` before it.'],
    ['```\n<think>kept</think>\n```\n', '```\n<think>kept</think>\n```\n'],
    ['<thin line> and <b>', '<thin line> and <b>'],
    ['a\n<', 'a\n<'],
    ['', ''],
  ])('of %j leave %j', (answer, words) => {
    expect(wordsOf(answer)).toEqual(new Set([words]));
  });

  it('that never began end at their tag', () => {
    expect(withoutOrphanThought('Let me see.\n</think>\n\nIt is 27.')).toBe('It is 27.');
    expect(withoutOrphanThought('The tag `</think>` ends them.')).toBe('The tag `</think>` ends them.');
    expect(withoutOrphanThought('It is 27.')).toBe('It is 27.');
  });
});
