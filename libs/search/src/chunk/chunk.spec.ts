import { estimateTokens } from '#platform/text';
import { DocumentBuilder, type ParsedDocument } from '../parse/parsed-document.js';
import { parseMarkdown } from '../parse/markdown.js';
import { chunk } from './chunk.js';
import { CHUNK_SIZES } from './sizes.js';

function markdown(source: string): ParsedDocument {
  const document = new DocumentBuilder(1_000_000);
  parseMarkdown(source, document);
  return document.build();
}

const sentence = (number: number): string =>
  `Sentence number ${number} tells something of the harbour that the one before it has not told yet.`;
const prose = (from: number, to: number): string => Array.from({ length: to - from }, (_, at) => sentence(from + at)).join(' ');

describe('chunk', () => {
  const long = markdown(`# Book\n\nPreface.\n\n## One\n\n${prose(0, 60)}\n\n## ` +
    `Two\n\n${prose(60, 63)}\n\n${Array.from({ length: 40 }, (_, at) => `- item ${at} ${sentence(at)}`).join('\n')}\n\n## ` +
      `Table\n\n|Port|Depth|\n|-|-|\n${Array.from({ length: 90 }, (_, at) => `|Harbour ${at}|${at} metres at low water|`)
        .join('\n')}\n\n\`\`\`\n${'x = compute(y);\n'.repeat(200)}\`\`\`\n`);
  const chunks = chunk(long);

  it('says exactly what stands at its span', () => {
    for (const { start, end, text } of chunks) expect(text).toBe(long.text.slice(start, end));
  });

  it('leaves no word of the body out', () => {
    const covered = new Uint8Array(long.text.length);
    for (const { start, end } of chunks) covered.fill(1, start, end);
    for (const block of long.blocks) if (block.kind !== 'heading')
      expect(long.text.slice(block.start, block.end).split('').filter((sign, at) => /\S/.test(sign) && !covered[block.start + at]))
        .toEqual([]);
  });

  it('keeps within its sizes', () => {
    for (const { text } of chunks) expect(estimateTokens(text)).toBeLessThanOrEqual(CHUNK_SIZES.max * 1.2 + CHUNK_SIZES.overlap);
    expect(chunks.length).toBeGreaterThan(8);
  });

  it('knows the headings above it and does not reach over them', () => {
    const one = chunks.filter(({ headings }) => headings.at(-1) === 'One');
    expect(one.length).toBeGreaterThan(3);
    for (const { text } of one) expect(text).not.toContain('number 60 ');
    expect(one[0]!.headings).toEqual(['Book', 'One']);
  });

  it('repeats the last sentence of the passage before', () => {
    const [first, second] = chunks.filter(({ headings }) => headings.at(-1) === 'One');
    expect(second!.start).toBeLessThan(first!.end);
    expect(first!.text.endsWith(long.text.slice(second!.start, first!.end))).toBe(true);
  });

  it('takes the header along where a table goes on', () => {
    const table = chunks.filter(({ headings, text }) => headings.at(-1) === 'Table' && text.includes('Harbour'));
    expect(table.length).toBeGreaterThan(1);
    for (const { context } of table.slice(1)) expect(context).toBe('Port | Depth');
  });

  it('joins a section of a few words with its neighbour', () => {
    const [only, ...rest] = chunk(markdown('# A\n\n## B\n\nShort.\n\n## C\n\nAlso short.'));
    expect(rest).toEqual([]);
    expect(only).toMatchObject({ headings: ['A'], text: 'B\n\nShort.\n\nC\n\nAlso short.' });
  });

  it('cuts what has neither sentences nor spaces, and never inside a character', () => {
    const document = new DocumentBuilder(1_000_000);
    document.add('paragraph', '漢🛳️'.repeat(3_000));
    const parts = chunk(document.build());
    expect(parts.length).toBeGreaterThan(5);
    for (const { text } of parts) expect(text.isWellFormed()).toBe(true);
    expect(parts.map(({ text }) => text).join('')).toBe('漢🛳️'.repeat(3_000));
  });

  it('makes nothing of nothing', () => {
    expect(chunk(new DocumentBuilder(10).build())).toEqual([]);
  });
});
