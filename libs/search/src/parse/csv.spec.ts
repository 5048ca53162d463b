import { decode } from './charset.js';
import { dialectOf, parseCsv } from './csv.js';
import { DocumentBuilder } from './parsed-document.js';
import { parseFile } from './parse.js';

function blocks(source: string): [string, string][] {
  const document = new DocumentBuilder(1_000_000);
  parseCsv(source, document);
  const { text, blocks: found } = document.build();
  return found.map(({ kind, start, end }) => [kind, text.slice(start, end)]);
}
const table = (source: string): string => blocks(source).at(-1)![1];

describe('separators', () => {
  it.each([
    [',', 'a,b,c\n1,2,3\n4,5,6\n'], [';', 'Tag;Betrag\n3.1.;-1.284,50\n4.1.;12,00\n'], ['\t', 'a\tb, c\n1\t2, 3\n'],
    ['|', 'Site|Manager|Phone\nHarbour|Ms Olsen|3310\n'], [';', 'Name, Vorname;Ort\nBaum, Anna;Köln\nKurz, Jan;Bonn\n'],
    [',', 'time,what\n10:15,start; then wait\n10:30,stop\n'], [',', '"a;b;c",d\n"e;f;g",h\n'],
  ])('is %j of %j', (separator, source) => expect(dialectOf(source).separator).toBe(separator));

  it('is told by a line of its own, which is no row', () => {
    expect(table('sep=;\r\nProduct;Price\r\nBolt;0,42\r\n')).toBe('Product | Price\nBolt | 0,42');
    expect(table('"sep=|"\nProduct|Price\n')).toBe('Product | Price');
  });

  it('what stands before the header is no part of the table', () => {
    expect(blocks('Statement of account 1 to 31 January\n\nDate;Purpose;Amount\n15.01.2026;Rent;-3.950,00\n28.01.2026;Invoice;12,75\n'))
      .toEqual([
      ['paragraph', 'Statement of account 1 to 31 January'],
      ['table', 'Date | Purpose | Amount\n15.01.2026 | Rent | -3.950,00\n28.01.2026 | Invoice | 12,75']]);
  });

  it('a column of text is no table', () => expect(table('just one column\nrow a\nrow b, with comma\nrow c\n'))
    .toBe('just one column\nrow a\nrow b | with comma\nrow c'));

  it('reads cells that hold separators, quotes, line breaks and nothing', () => {
    expect(table('a,b,c\n"x, y","say ""hi""\nthere",\n"Men\'s",,z\n')).toBe('a | b | c\nx, y | say "hi" there |\nMen\'s |  | z');
    expect(table("a,'b'\n1,'Men's, new'\n2,'x'\n")).toBe("a | b\n1 | Men's, new\n2 | x");
    expect(table('a,b\n"say \\"hi\\" now",2\n"5"" pipe",3\n')).toBe('a | b\nsay "hi" now | 2\n5" pipe | 3');
    expect(table('a,b\r1,2\r3,4')).toBe('a | b\n1 | 2\n3 | 4');
  });
});

describe('encodings', () => {
  const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
  it.each<[string, Uint8Array, string]>([
    ['utf-16le', Buffer.from('Artikel;Preis\nMutter;0,09\n', 'utf16le'), 'Artikel;Preis\nMutter;0,09\n'],
    ['utf-16be', Buffer.from('Artikel;Preis\nMutter;0,09\n', 'utf16le').swap16(), 'Artikel;Preis\nMutter;0,09\n'],
    ['gb18030', bytes('b2bfc3c52cb8bad4f0c8cb0ab2c9b9bab2bf2cc0eec3f70a'), '部门,负责人\n采购部,李明\n'],
    ['big5', bytes('b3a1aaf92cad74b364a4480ab1c4c1cab3a12ca4fda470a9fa0a'), '部門,負責人\n採購部,王小明\n'],
    ['shift_jis', bytes('8fa495692c89bf8a690a837b838b83672c9553897e82c582b70a'), '商品,価格\nボルト,百円です\n'],
    ['euc-kr', bytes('bacebcad2cb4e3b4e7c0da0ab1b8b8c5bace2cb1e8c3b6bcf620c1d6b9ae20b9f8c8a30a'), '부서,담당자\n구매부,김철수 주문 번호\n'],
    ['windows-1251', bytes('cef2e4e5eb3bc3ebe0e2e00ac7e0eaf3efeae83bc8e2e0edeee20a'), 'Отдел;Глава\nЗакупки;Иванов\n'],
    ['koi8-r', bytes('efd4c4c5cc3be7ccc1d7c10afac1cbd5d0cbc93be9d7c1cecfd70a'), 'Отдел;Глава\nЗакупки;Иванов\n'],
    ['windows-1250', bytes('a3f3649f3baff3b374790a4b72616bf3773b57f36a63696b209c6369b967610a'), 'Łódź;Żółty\nKraków;Wójcik ściąga\n'],
    ['windows-1252', bytes('5374fc636b3b802031322c35300a4772f6df653b380a'), 'Stück;€ 12,50\nGröße;8\n'],
    ['macintosh', bytes('4d9f6c6c65723b4b9a6c6e0a47729aa7653b380a'), 'Müller;Köln\nGröße;8\n'],
  ])('%s is found by what it says', (label, file, expected) =>
    expect(decode(file)).toEqual({ text: expected, guessed: label }));

  it('that were guessed are told', async () => {
    const { warnings } = await parseFile('csv', Buffer.from('Stück;Preis\n1;2\n', 'latin1'), { maxCharacters: 1_000, maxPages: 1 });
    expect(warnings).toEqual([{ code: 'encoding', message: expect.stringContaining('windows-1252') as string }]);
    expect((await parseFile('csv', Buffer.from('Stück;Preis\n1;2\n'), { maxCharacters: 1_000, maxPages: 1 })).warnings).toEqual([]);
  });
});
