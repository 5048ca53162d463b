import { AnswerLimit } from './answer-limit.js';

function through(limit: AnswerLimit, pieces: string[]): string {
  return pieces.map((piece) => limit.push(piece)).join('') + limit.rest();
}

describe('AnswerLimit', () => {
  it('lets an answer through that keeps to it, in whatever pieces', () => {
    const answer = 'Die Kündigungsfrist beträgt drei Monate zum Monatsende. '.repeat(4);
    for (const pieces of [[answer], [...answer], answer.match(/.{1,7}/gs)!]) {
      const limit = new AnswerLimit([], 60, false);
      expect(through(limit, pieces)).toBe(answer);
      expect(limit.reached).toBeUndefined();
    }
  });

  it('cuts one that goes on, soon behind its limit', () => {
    for (const pieces of [['word '.repeat(600_000)], Array.from({ length: 1_000 }, () => 'word ')]) {
      const limit = new AnswerLimit([], 100, false);
      expect(through(limit, pieces).length).toBeLessThanOrEqual(800);
      expect(limit.reached).toBe('length');
    }
    const exact = new AnswerLimit([], 10, true);
    expect(through(exact, ['word '.repeat(50)])).toBe('word '.repeat(8));
  });

  it('ends before a stop sequence, also one that is cut in two', () => {
    const end = (stop: string[], pieces: string[]): [string, string | undefined] => {
      const limit = new AnswerLimit(stop, 1_000, false);
      return [through(limit, pieces), limit.reached];
    };
    expect(end(['END'], ['one two END three'])).toEqual(['one two ', 'stop']);
    expect(end(['END', 'two'], ['one tw', 'o END'])).toEqual(['one ', 'stop']);
    expect(end(['\n\n'], ['one\n', '\ntwo'])).toEqual(['one', 'stop']);
    expect(end(['END'], ['one E', 'N', ' and EN'])).toEqual(['one EN and EN', undefined]);
  });
});
