import { splits } from './compounds.js';
import { fuse, dedupe } from './fuse.js';
import { lexicalScores, rarities } from './lexical.js';
import { passageTerms } from './passage-terms.js';
import { numberedFrom, packPostings, unpackPostings } from './postings.js';
import { askedWords } from './question.js';
import { smoothed } from './smoothing.js';
import { maybeMisspelt, nearestSpellings, oneSlip, slips } from './spelling.js';
import { Scores } from './scores.js';
import { nearness } from './window.js';

const passages = ['the ferry leaves at nine from the pier', 'the crane lifts forty tonnes',
  'ferry and crane and ferry tickets'].map((text) =>
    passageTerms({ text, headings: ['Harbour'], context: '', documentName: 'harbour.md' }, 'en'));
const packed = packPostings(passages);
const numbered = numberedFrom(7, packed.entries);
const ends = packed.ends.split(' ').map(Number);
const postings = new Map(packed.terms.split(' ').map((term, at) =>
  [term, unpackPostings(numbered.subarray(ends[at - 1] ?? 0, ends[at]))]));
const corpus = { passages: 3, averageLength: passages.reduce((sum, { length }) => sum + length, 0) / 3 };

describe('postings', () => {
  it('come back as they were packed', () => {
    expect([...postings.get('ferri')!.numbers]).toEqual([7, 9]);
    expect([...postings.get('ferri')!.counts]).toEqual([1, 2]);
    expect([...postings.get('harbour')!.counts]).toEqual([2.5, 2.5, 2.5]);
    expect(postings.get('ferri')!.lengths[0]).toBeCloseTo(passages[0]!.length, 2);
  });
});

describe('a question', () => {
  it('is asked in the forms of every language the tenant has', () => {
    const [word] = askedWords('ferries', ['de']);
    expect(word!.forms).toContain('ferri');
  });

  it('keeps a word that is a stop word of another language than the documents have, and stop words where there is nothing else', () => {
    expect(askedWords('dog', ['en']).map(({ word }) => word)).toEqual(['dog']);
    expect(askedWords('who?', ['en']).map(({ word }) => word)).toEqual(['who']);
    expect(askedWords('who is the dog', ['en']).map(({ word }) => word)).toEqual(['dog']);
  });

  it('is scored by its words, best first, equal ones in their order', () => {
    const asked = askedWords('When does the ferry leave the pier?', ['en']);
    const scores = lexicalScores(asked, postings, corpus);
    expect(scores.best(5)).toEqual([7, 9]);
    expect(scores.best(5, new Set([9]))).toEqual([9]);
    expect(rarities(asked, postings, corpus).every((value) => value >= 0)).toBe(true);
  });
});

describe('smoothing', () => {
  const found = (number: number, ...terms: string[]): { number: number; terms: string[] } =>
    ({ number, terms: [...terms, ...Array.from({ length: 10 }, (_, at) => `w${number}-${at}`)] });
  const pool = [found(0, 'aeroelastic', 'flutter', 'wing'), found(1, 'aeroelastic', 'flutter', 'wing'),
    ...Array.from({ length: 20 }, (_, at) => found(at + 2, 'aeroelastic'))];
  pool[15]!.terms.push('flutter', 'wing');
  const scores = new Map(pool.map(({ number }) => [number, number < 2 ? 4 : 2]));

  it('draws what is like the best passages up', () => {
    const again = smoothed(pool, scores);
    expect(again.get(15)!).toBeGreaterThan(again.get(14)!);
    expect(again.get(0)!).toBeGreaterThan(again.get(15)!);
  });

  it('leaves what is like nothing else as it was, and small sets too', () => {
    const apart = pool.map(({ number }) => found(number));
    expect(smoothed(apart, scores).get(3)).toBeCloseTo(0.5, 9);
    expect(smoothed(pool.slice(0, 5), scores)).toEqual(new Map(pool.slice(0, 5).map(({ number }) => [number, scores.get(number)! / 4])));
  });

  it('never puts likeness before a passage that alone holds what was asked', () => {
    const exact = new Map(pool.map(({ number }) => [number, number === 9 ? 10 : number < 2 ? 3 : 1]));
    const again = smoothed(pool, exact);
    expect(Math.max(...again.values())).toBe(again.get(9));
  });
});

describe('spelling', () => {
  it('counts slips, a swap as one', () => {
    expect(slips('lihgthouse', 'lighthouse', 2)).toBe(1);
    expect(slips('lighthouse', 'lighthouse', 2)).toBe(0);
    expect(slips('pier', 'crane', 2)).toBe(3);
  });

  it('takes the nearest known words only', () => {
    expect(nearestSpellings('idempotncy', ['idempotency', 'identity', 'idle'])).toEqual(['idempotency']);
    expect(nearestSpellings('pire', ['pier', 'fire', 'tower'])).toEqual(['fire', 'pier']);
    expect(nearestSpellings('xylophone', ['pier'])).toEqual([]);
  });

  it('knows every word one slip away, in the letters of its script', () => {
    const made = oneSlip('ferry');
    for (const other of ['fery', 'feryr', 'furry', 'ferrys', 'derry', 'erry']) expect([other, made.has(other)]).toEqual([other, true]);
    expect(made.has('ferry')).toBe(false);
    expect(oneSlip('музй').has('музей')).toBe(true);
    expect(oneSlip('漢字').size).toBe(3);
  });
});

describe('a word that may be misspelt', () => {
  it.each(['feryr', 'kündigungsfristt', 'музей', 'x'.repeat(40)])('%s', (word) => expect(maybeMisspelt(word)).toBe(true));

  // The neighbours of a longer one take a time that grows with the cube of its length.
  it.each(['fer', 'r2d2', '漢字漢字', 'x'.repeat(41), 'é'.repeat(4_000)])('never %s', (word) => expect(maybeMisspelt(word)).toBe(false));
});

describe('compounds', () => {
  it('are read in every way, with the letters that link them', () => {
    const ways = splits('kündigungsfrist', ['de']);
    expect(ways).toContainEqual(expect.objectContaining({ first: expect.arrayContaining(['kundig']) as string[], second: ['frist'] }));
    expect(splits('frist', ['de'])).toEqual([]);
  });
});

describe('nearness', () => {
  const asked = [{ forms: ['a'] }, { forms: ['b', 'bb'] }];

  it('tells what is held, and what is held together', () => {
    expect(nearness(['a', 'x', 'bb'], asked, [1, 3])).toEqual({ coverage: 1, together: 1 });
    expect(nearness(['a', ...Array<string>(60).fill('x'), 'b'], asked, [1, 3])).toEqual({ coverage: 1, together: 0.75 });
    expect(nearness(['x'], asked, [1, 3])).toEqual({ coverage: 0, together: 0 });
    expect(nearness(['a'], [], [])).toEqual({ coverage: 0, together: 0 });
  });
});

describe('the best scores', () => {
  it.each([1, 2, 3, 10])('are the first %s of all in order, equal ones by number', (limit) => {
    const scores = new Scores(9);
    const values = [0, 3, 1, 3, 0, 2, 5, 1, 3, 0];
    values.forEach((value, number) => scores.add(number, value));
    const all = values.map((value, number) => ({ value, number })).filter(({ value }) => value > 0)
      .sort((a, b) => b.value - a.value || a.number - b.number);
    expect(scores.best(limit)).toEqual(all.slice(0, limit).map(({ number }) => number));
  });
});

describe('fusion', () => {
  const weights = { vector: 1, together: 0.3, question: 0.6 };
  const input = { asked: [{ forms: ['a'] }], rarities: [1],
    candidates: [{ number: 1, terms: ['a'] }, { number: 2, terms: ['x'] }, { number: 3, terms: ['a'], question: ['a'] }] };

  it('puts the asked question of a FAQ first, and scores between 0 and 1', () => {
    const ranked = fuse({ ...input, lexical: new Map([[1, 2], [3, 2]]), cosines: new Map() }, weights);
    expect(ranked.map(({ number }) => number)).toEqual([3, 1, 2]);
    for (const { score } of ranked) expect(score >= 0 && score <= 1).toBe(true);
  });

  it('lets a vector find what no word does', () => {
    const ranked = fuse({ ...input, candidates: input.candidates.slice(0, 2), lexical: new Map(), cosines: new Map([[1, 0.1], [2, 0.9]]) },
      weights);
    expect(ranked[0]!.number).toBe(2);
  });

  it('says nearly the same once', () => {
    const words: Record<number, string[]> = { 1: ['a', 'b', 'c'], 2: ['a', 'b', 'c'], 3: ['d'] };
    expect(dedupe([{ number: 1 }, { number: 2 }, { number: 3 }], (number) => words[number]!, 5)).toEqual([{ number: 1 }, { number: 3 }]);
  });
});
