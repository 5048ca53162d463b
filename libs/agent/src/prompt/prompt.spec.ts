import type { Passage } from '#search';
import { fence } from './fence.js';
import { type PromptParts, type HistoryMessage, buildPrompt, mostPromptTokens } from './prompt.js';
import { REMEMBERS } from './rules.js';

const passage = (n: number, words = 50): Passage =>
  ({ chunkId: `c${n}`, documentId: `d${n}`, documentName: `doc ${n}`, kind: 'file', heading: null, page: null, start: 0, end: 10,
    text: `passage ${n} ${'word '.repeat(words)}`, context: '', score: 1 - n / 100, coverage: 1 });
const fact = (n: number) => ({ id: `f${n}`, text: `fact ${n}`, source: 'told' as const, createdAt: '', score: 1 });
const parts = (part: Partial<PromptParts> = {}): PromptParts =>
  ({ instructions: 'Be kind.', history: [], facts: [], passages: [], question: 'Why?', grounded: true, remembers: true, budget: 4_000,
    ...part });

describe('buildPrompt', () => {
  it('shows the header of a table that began in an earlier passage', () => {
    const row = { ...passage(1), text: 'SKU-7 | 370', context: 'sku | stock' };
    expect(buildPrompt(parts({ passages: [row] })).messages.at(-1)!.content).toContain('sku | stock\nSKU-7 | 370');
  });

  it('puts instructions first, then what was said, then what is known and asked', () => {
    const history: HistoryMessage[] = [{ role: 'user', content: 'Hi' }, { role: 'assistant', content: 'Hello' }];
    const { messages, material,
      shown } = buildPrompt(parts({ history, facts: [fact(1)], passages: [passage(1), passage(2)], clientInstructions: ['Be brief.'] }));
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(messages[0]!.content).toMatch(/^Be kind\.[\s\S]*\[1\][\s\S]*Be brief\.$/);
    expect(material).toMatchObject({ facts: ['fact 1'], question: 'Why?', passages: [{ marker: 1 }, { marker: 2 }], remembers: true });
    expect(messages.at(-1)!.content).toBe(fence(material));
    expect(shown.map(({ chunkId }) => chunkId)).toEqual(['c1', 'c2']);
  });

  it.each([1_000, 2_000, 4_000, 8_000])('keeps a budget of %i tokens, dropping the worst passages and the oldest messages', (budget) => {
    const history = Array.from({ length: 60 },
      (_, at) => ({ role: at % 2 ? ('assistant' as const) : ('user' as const), content: `message ${at} ${'word '.repeat(40)}` }));
    const { messages, shown, tokens } = buildPrompt(parts({ history, passages: Array.from({ length: 40 }, (_, at) => passage(at + 1)),
      facts: Array.from({ length: 50 }, (_, at) => fact(at)), budget }));
    expect(tokens).toBeLessThanOrEqual(budget);
    expect(shown.map(({ chunkId }) => chunkId)).toEqual(Array.from({ length: shown.length }, (_, at) => `c${at + 1}`));
    const kept = messages.slice(1, -1).map(({ content }) => content);
    expect(kept).toEqual(history.slice(history.length - kept.length).map(({ content }) => content));
    expect(messages.at(-1)!.content).toContain('<question>\nWhy?\n</question>');
  });

  it('promises to remember only where it does, and asks for citations only where it searches', () => {
    expect(buildPrompt(parts()).messages[0]!.content).toContain(REMEMBERS);
    const bare = buildPrompt(parts({ grounded: false, remembers: false }));
    expect(bare.messages[0]!.content).not.toContain(REMEMBERS);
    expect(bare.messages[0]!.content).not.toContain('[1]');
    expect(bare.messages.at(-1)!.content).toBe('Why?');
  });

  it.each([1_000, 1_080, 1_150, 1_300, 4_000])('never passes what was told before a look-up, with a budget of %i', (budget) => {
    for (let words = 0; words < 1_500; words += 37) {
      const all = parts({ question: 'word '.repeat(words), budget, passages: [passage(1, 3), passage(2)], facts: [fact(1), fact(2)],
        history: [{ role: 'user', content: 'Hi' }] });
      expect(buildPrompt(all).tokens).toBeLessThanOrEqual(mostPromptTokens(all));
    }
  });
});
