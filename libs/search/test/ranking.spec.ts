import { Embedder, embedOffline } from '#platform/adapters';
import { newId } from '#platform/core';
import { asTenant, bootContexts, type BootedContexts, engines, eventually } from '#platform/testing';
import { Search, type Passage } from '../src/contract.js';
import { PgvectorIndex, ScanIndex, VectorIndex } from '../src/index/vector-index.js';
import { context } from '../src/search.module.js';

/** Stands in for a model: vectors that BM25 knows nothing of, so that what they change is seen. */
class FakeModel extends Embedder {
  readonly name = 'fake-model';
  readonly dimensions = 384;
  readonly semantic = true;

  embed(texts: string[]): Promise<Float32Array[]> {
    return Promise.resolve(texts.map((text) => embedOffline(text.replaceAll('canine', 'dog'))));
  }
}

const SUBJECTS = ['ferry', 'crane', 'pilot', 'sauna', 'lighthouse', 'dog', 'harbour office', 'tug', 'warehouse', 'marina'];
const FACTS = ['opens at nine and closes at six', 'costs four euros a day for residents', 'was rebuilt after the storm of 1953',
  'is inspected twice a year by the county', 'may be hired by anybody with a licence', 'stands on the north side of the basin'];
const QUESTIONS = ['When was the lighthouse rebuilt?', 'what does the sauna cost', 'who may hire the tug', 'inspection of the crane',
  'marina north side basin', 'opening hours of the harbour office', 'canine', 'lihgthouse storm', 'licence'];

describe('ranking', () => {
  const booted = new Map<string, BootedContexts>();
  const tenant = newId();

  beforeAll(async () => {
    for (const engine of engines) {
      const one = await bootContexts([context], { engine, overrides: [{ provide: Embedder, useValue: new FakeModel() }] });
      booted.set(engine, one);
      await asTenant(tenant, () => seed(one.get(Search)));
    }
  }, 120_000);
  afterAll(async () => {
    for (const one of booted.values()) await one.close();
  });

  /** Three times what the expansion needs before it begins. They are indexed two at a time, so their numbers differ between engines. */
  async function seed(search: Search): Promise<void> {
    const ids = SUBJECTS.map((_, at) => `01900000-0000-7000-8000-0000000000${String(at).padStart(2, '0')}`);
    for (const [at, subject] of SUBJECTS.entries()) {
      const text = FACTS.map((fact, index) => `## Chapter ${index + 1} of the ${subject}\n\nThe ${subject} ${fact}. Whoever asks about ` +
        `the ${subject} is told so by the harbour master, who keeps the book of number ${at * 10 + index}.`).join('\n\n');
      await search.add({ id: ids[at]!, name: `${subject}.md`, mediaType: 'text/markdown', text: `# The ${subject}\n\n${text}` });
    }
    for (const id of ids) await eventually(async () => expect((await search.status({ id })).state).toBe('ready'), { timeoutMs: 60_000 });
  }

  const shown = (passages: Passage[]): unknown[] =>
    passages.map(({ documentName, start, end, score, coverage }) => [documentName, start, end, score, coverage]);
  const find = (engine: string, text: string): Promise<Passage[]> =>
    asTenant(tenant, () => booted.get(engine)!.get(Search).find({ text, limit: 10 }));

  it('uses pgvector where it is, and compares in the process where it is not', () => {
    for (const [engine, one] of booted)
      expect(one.get(VectorIndex as never)).toBeInstanceOf(engine === 'embedded' ? PgvectorIndex : ScanIndex);
  });

  it.each(QUESTIONS)('gives the same passages in the same order on every engine: %s', async (question) => {
    const answers = [];
    for (const engine of engines) answers.push(shown(await find(engine, question)));
    expect(answers[0]!.length).toBeGreaterThan(0);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('finds the passage that answers', async () => {
    for (const engine of engines) {
      expect((await find(engine, 'When was the lighthouse rebuilt?'))[0]!.text).toContain('lighthouse was rebuilt after the storm');
      expect((await find(engine, 'lihgthouse storm'))[0]!.text).toContain('lighthouse was rebuilt after the storm');
    }
  });

  it('finds by a model what no word says', async () => {
    for (const engine of engines) expect((await find(engine, 'canine'))[0]).toMatchObject({ documentName: 'dog.md', coverage: 0 });
  });

  it('says by the coverage that no document tells', async () => {
    for (const engine of engines) {
      const passages = await find(engine, 'Which exoplanet orbits Proxima Centauri?');
      expect(Math.max(0, ...passages.map(({ coverage }) => coverage))).toBeLessThan(0.3);
    }
  });

  it('keeps to the documents and kinds it is told', async () => {
    const id = '01900000-0000-7000-8000-000000000003';
    for (const engine of engines) {
      const only = await asTenant(tenant,
        () => booted.get(engine)!.get(Search).find({ text: 'When was the lighthouse rebuilt?', limit: 20, documentIds: [id] }));
      expect(new Set(only.map(({ documentId }) => documentId))).toEqual(new Set([id]));
      expect(await asTenant(tenant, () => booted.get(engine)!.get(Search).find({ text: 'lighthouse', limit: 5, kinds: ['faq'] })))
        .toEqual([]);
    }
  });

  it('says nearly the same passage once', async () => {
    const [engine] = engines;
    const search = booted.get(engine!)!.get(Search);
    await asTenant(newId(), async () => {
      for (const name of ['one.txt', 'two.txt']) {
        const id = newId();
        await search.add({ id, name, mediaType: 'text/plain',
          text: 'The siren of the fog station sounds twice a minute when the visibility is below a mile.' });
        await eventually(async () => expect((await search.status({ id })).state).toBe('ready'));
      }
      expect(await search.find({ text: 'siren of the fog station', limit: 5 })).toHaveLength(1);
    });
  });
});
