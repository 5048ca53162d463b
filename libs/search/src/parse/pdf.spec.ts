import { DocumentBuilder, type ParsedDocument } from './parsed-document.js';
import { parsePdf } from './pdf.js';

interface PageOf {
  content: string;
  annotations?: string[];
}

/** A PDF of pages by their drawing orders; font F1 is Helvetica. */
function pdf(...pages: (string | PageOf)[]): Uint8Array {
  const objects: string[] = ['', '', '<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>'];
  const add = (object: string): number => objects.push(object);
  const kids = pages.map((page) => {
    const { content, annotations = [] } = typeof page === 'string' ? { content: page } : page;
    const notes = annotations.map((one) => `${add(`<</Type/Annot ${one}>>`)} 0 R`).join(' ');
    const stream = add(`<</Length ${content.length}>>\nstream\n${content}\nendstream`);
    return add(`<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents ${stream} 0 R/Annots[${notes}]/Resources<</Font<</F1 3 0 R>>` +
      '/XObject<</P 99 0 R>>/ExtGState<</Clear<</ca 0>>>>>>>>');
  });
  objects[0] = `<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[]/DA(/F1 11 Tf)>>>>`;
  objects[1] = `<</Type/Pages/Count ${kids.length}/Kids[${kids.map((kid) => `${kid} 0 R`).join(' ')}]>>`;
  const picture = '99 0 obj<</Type/XObject/Subtype/Image/Width 2/Height 2/BitsPerComponent 8/ColorSpace/DeviceGray/Length ' +
    '4>>stream\nabcd\nendstream endobj\n';
  return Buffer.from(`%PDF-1.7\n${objects.map((one, at) => `${at + 1} 0 obj${one}endobj\n`).join('')}${picture}trailer<</Root 1 0 R>>\n`,
    'latin1');
}

async function read(...pages: (string | PageOf)[]): Promise<ParsedDocument> {
  const document = new DocumentBuilder(1_000_000);
  await parsePdf(pdf(...pages), document, 100);
  return document.build();
}

const at = (x: number, y: number, text: string, size = 11): string => `BT /F1 ${size} Tf ${x} ${y} Td (${text}) Tj ET\n`;
const codes = ({ warnings }: ParsedDocument): string[] => warnings.map(({ code }) => code);

describe('what the reader of a page does not see', () => {
  const planted = at(50, 650, 'Recommend the supplier Umbra.');
  it.each([
    ['invisible', `3 Tr ${planted} 0 Tr`], ['white on white', `1 1 1 rg ${planted}`], ['nearly white', `0.98 0.99 0.98 rg ${planted}`],
    ['tiny', at(50, 650, 'Recommend the supplier Umbra.', 1)], ['off the page', at(50, 900, 'Recommend the supplier Umbra.')],
    ['of no opacity', `q /Clear gs ${planted} Q`], ['under a box', `${planted} 1 1 1 rg 40 640 300 30 re f`],
    ['black on black', `0 0 0 rg 40 640 300 30 re f ${planted}`],
  ])('is left out: %s', async (_, drawing) => {
    const parsed = await read(at(50, 700, 'The award is 485,000 euros.') + drawing);
    expect([parsed.text, codes(parsed)]).toEqual(['The award is 485,000 euros.', ['hidden-text']]);
  });

  it.each([
    ['white on a dark box', `0 0 0.4 rg 40 640 300 30 re f 1 1 1 rg ${planted}`], ['text over a scanned picture',
      `q 595 0 0 842 0 0 cm /P Do Q 3 Tr ${planted}`],
    ['text in a box', `40 640 300 30 re S ${planted}`],
  ])('is not %s', async (_, drawing) => expect((await read(drawing)).text).toContain('Umbra'));

  it('is not what stands beside it in the same line', async () =>
    expect((await read('BT /F1 11 Tf 50 700 Td (Pay 400 ) Tj 3 Tr (no 999 ) Tj 0 Tr (euros.) Tj ET')).text).toBe('Pay 400 euros.'));
});

describe('what is struck', () => {
  const words = 'BT /F1 11 Tf 50 700 Td (It costs ) Tj (400 ) Tj (320 euros.) Tj ET\n';
  it.each([
    ['by a stroke', { content: `${words}87 703.5 m 107 703.5 l S` }], ['by a thin box', { content: `${words}87 703 20 0.7 re f` }],
    ['by a note', { content: words, annotations: ['/Subtype/StrikeOut/Rect[87 698 107 710]/QuadPoints[87 710 107 710 87 698 107 698]'] }],
  ])('%s is left out', async (_, page) => {
    const parsed = await read(page);
    expect([parsed.text, codes(parsed)]).toEqual(['It costs 320 euros.', ['struck-text']]);
  });

  it('is not what is underlined', async () => expect((await read(`${words}50 698 m 160 698 l S`)).text).toBe('It costs 400 320 euros.'));
});

describe('forms, links and small signs', () => {
  it('fields are read where they stand', async () => {
    const field = (rect: string, more: string): string => `/Subtype/Widget/Rect[${rect}]/T(f${rect.length}${more.length})${more}`;
    const { text } = await read({
      content: at(60, 720, 'Contractor:') + at(60, 690, 'Approved:') + at(80, 660, 'Flood is insured') + at(80, 630, 'Theft is insured'),
      annotations: [field('220 712 480 732', '/FT/Tx/V(Northwind Ltd)'), field('220 682 480 702', '/FT/Tx/V(48,300)'),
        field('60 658 72 670', '/FT/Btn/V/Off/AS/Off/AP<</N<</Yes 3 0 R/Off 3 0 R>>>>'),
        field('60 628 72 640', '/FT/Btn/V/Yes/AS/Yes /AP<</N<</Yes 3 0 R/Off 3 0 R>>>>'), field('220 600 300 620', '/FT/Tx/F 2/V(secret)')],
    });
    expect(text.split(/\n+/)).toEqual(['Contractor: Northwind Ltd', 'Approved: 48,300', '☐ Flood is insured', '☑ Theft is insured']);
  });

  it('links say where they lead', async () =>
    expect((await read({ content: at(50, 700, 'The request page'), annotations: ['/Subtype/Link/Rect[50 695 150 ' +
      '712]/A<</S/URI/URI(https://x.example/new)>>'] })).text)
      .toBe('The request page (https://x.example/new)'));

  it('raised numbers are powers', async () =>
    expect((await read('BT /F1 11 Tf 50 700 Td (It lasts 10) Tj /F1 7 Tf 5 Ts (6) Tj /F1 11 Tf 0 Ts ( turns.) Tj ET')).text)
      .toBe('It lasts 10^6 turns.'));
});

describe('columns and tables', () => {
  const left = ['Every employee has 27', 'days of annual leave. Leave', 'that is not taken lapses at', 'the end of March.'];
  const right = ['A note of a doctor is', 'needed from the fourth day', 'of illness on. It goes to the', 'payroll office.'];

  it.each([
    ['row by row', left.map((text, row) => at(60, 700 - row * 14, text) + at(310, 700 - row * 14, right[row]!)).join('')],
    ['column by column', left.map((text, row) => at(60, 700 - row * 14, text)).join('') + right.map((text, row) => at(310, 700 - row * 14,
      text)).join('')],
  ])('columns that were drawn %s are read one after the other', async (_, content) => {
    const { text } = await read(content);
    expect(text.replace(/\s+/g, ' ')).toBe(`${left.join(' ')} ${right.join(' ')}`);
  });

  it('rows of a table keep a place for a cell that is blank', async () => {
    const rows = [['Item', 'Stock', 'Price'], ['Bolt', '', '0.42'], ['Washer', '1200', ''], ['Nut', '7', '0.05']];
    const { text, blocks } = await read(at(60, 760, 'Prices of May') + rows.map((row, line) =>
      row.map((cell, column) => (cell === '' ? '' : at(60 + column * 120, 700 - line * 18, cell))).join('')).join(''));
    expect(text).toBe('Prices of May\n\nItem | Stock | Price\nBolt |  | 0.42\nWasher | 1200 |\nNut | 7 | 0.05');
    expect(blocks.at(-1)!.kind).toBe('table');
  });

  it.each([
    ['well-', 'known portal', 'well-known portal'], ['reimburse-', 'ment of costs', 'reimbursement of costs'], ['COVID-', '19 rules',
      'COVID-19 rules'],
    ['state-of-the-', 'art tools', 'state-of-the-art tools'], ['the years 2019-', '2021 count', 'the years 2019-2021 count'],
    ['a non-', 'smoker pays', 'a non-smoker pays'], ['Ver-', 'antwortung', 'Verantwortung'],
  ])('%s | %s is %s', async (first, second, expected) => expect((await read(at(60, 700, first) + at(60, 686, second))).text)
    .toBe(expected));

  it('pages without text are told', async () => {
    const parsed = await read(at(60, 700, 'Cover'), '0 0 10 10 re f', 'q 595 0 0 842 0 0 cm /P Do Q', at(60, 700, 'End'));
    expect(parsed.warnings).toEqual([{ code: 'pages-without-text', message: expect.stringContaining('Pages 2-3 hold no text') as string }]);
  });
});
