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
