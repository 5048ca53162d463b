import type { Passage } from '#search';
import { citationsOf } from './citations.js';

const text = 'Atoll starts as one process. It needs nothing\ninstalled. A second sentence stands here.';
const passage = (n: number, part: Partial<Passage> = {}): Passage =>
  ({ chunkId: `c${n}`, documentId: `d${n}`, documentName: `doc ${n}`, kind: 'file', heading: 'Start', page: 2, start: 100,
    end: 100 + text.length, text, context: '', score: 1, coverage: 1, ...part });

describe('citationsOf', () => {
  it('points at the row where its header was told before it', () => {
    const table = passage(1, { text: 'SKU-7 | Bolt | 370\nSKU-8 | Nut | 12', start: 0, end: 35, context: 'sku | name | stock' });
    expect(citationsOf('sku | name | stock\nSKU-8 | Nut | 12 [1]', [table])[0]).toMatchObject({ text: 'SKU-8 | Nut | 12', start: 19 });
  });

  it('points at the very words where they stand in the passage', () => {
    const [citation] = citationsOf('It needs nothing installed. [1]', [passage(1)]);
    expect(citation).toMatchObject({ marker: 1, documentId: 'd1', heading: 'Start', page: 2 });
    expect(text.slice(citation!.start - 100, citation!.end - 100)).toBe('It needs nothing\ninstalled.');
    expect(citation!.text).toBe('It needs nothing\ninstalled.');
  });

  it('points at the whole passage where the words are the model\'s own', () => {
    expect(citationsOf('You can start it at once [1].', [passage(1)]))
      .toEqual([expect.objectContaining({ start: 100, end: 100 + text.length, text })]);
  });

  it('names each number once, in order of mention, and none that was not shown', () => {
    const found = citationsOf('B is so [2][1]. Again [2], and [7] does not exist.', [passage(1), passage(2)]);
    expect(found.map(({ marker }) => marker)).toEqual([2, 1]);
  });

  it.each<[string, number[]]>([
    ['Vacation is 27 days [1, 2].', [1, 2]], ['Vacation is 27 days [1-3].', [1, 2, 3]], ['Vacation is 27 days [1–2].', [1, 2]],
    ['Vacation is 27 days [1; 3].', [1, 3]], ['Vacation is 27 days [1 and 2].', [1, 2]], ['Urlaub: 27 Tage [1 und 2].', [1, 2]],
    ['Vacation is 27 days 【1】.', [1]], ['Vacation is 27 days【2†source】【3†guide.md】.', [2, 3]], ['Vacation is 27 days 【4:1†source】.', [1]],
    ['Vacation is 27 days [^1].', [1]], ['Vacation is 27 days.[^1][^2]\n\n[^1]: guide', [1, 2]], ['Vacation is 27 days [^1^].', [1]],
    ['Vacation is 27 days [passage 1].', [1]], ['Vacation is 27 days [Source 2, 3].', [2, 3]], ['Vacation is 27 days [Passages 1 and 3].',
      [1, 3]],
    ['27 Tage [Quelle 1].', [1]], ['Vacation is 27 days [doc: 2].', [2]], ['Vacation is 27 days [#2].', [2]], ['Vacation is 27 days [[2]].',
      [2]],
    ['Vacation is 27 days [1] [2].', [1, 2]], ['**27 days [1]**', [1]], ['Vacation is 27 days (1).', [1]], ['Vacation is 27 days (1, 3)',
      [1, 3]],
    ['Vacation is 27 days (source 2).', [2]], ['Vacation is 27 days².', [2]], ['Vacation is 27 days<sup>1</sup>.', [1]],
    ['According to passage 2, vacation is 27 days.', [2]], ['Passages 1 and 3 say so.', [1, 3]],
    ['As [1] says, it is (2).', [1]], ['See the list [1, 9].', [1]],
  ])('reads %j', (answer, markers) => {
    expect(citationsOf(answer, [passage(1), passage(2), passage(3)]).map(({ marker }) => marker)).toEqual(markers);
  });

  it.each(['Values in [0, 1] are shares.', 'Ports [1-65535] are open.', 'You must (1) sign, (2) send and (3) wait.',
    'Two (2) doors lead out.',
    '(1) Open the door.\n(2) Close it.', 'It has 10² metres... and x² too', 'In 2024 (2023: less).', 'See 【note】.'])(
    'takes no citation from %j either', (answer) => {
    expect(citationsOf(answer, [passage(1)])).toEqual([]);
  });

  it.each(['call `list[1]` now', '```\nargv [1]\n```', 'a[1] is no citation', 'see [1](http://x)'])(
    'takes no citation from %j', (answer) => {
    expect(citationsOf(answer, [passage(1)])).toEqual([]);
  });

  it('survives odd answers', () => {
    for (const answer of ['', '[1]', '[1] [1] [1]', '(((( [1]', '*.+?^${}()|[]\\ [1]', '[0]', '[00]', '[99999]']) {
      expect(() => citationsOf(answer, [passage(1)])).not.toThrow();
    }
  });
});
