import { DocumentBuilder, type ParsedDocument } from './parsed-document.js';
import { parseHtmlPage } from './html-blocks.js';
import { parseMarkdown } from './markdown.js';
import { type PageLines, toLines, toParagraphs, vocabularyOf, withoutRunningHeads, wordsOf } from './pdf-lines.js';
import { parseCsv } from './csv.js';
import { parsePlain } from './plain.js';
import { type Format, parseFile } from './parse.js';

function read(parse: (source: string, document: DocumentBuilder) => void, source: string): ParsedDocument {
  const document = new DocumentBuilder(1_000_000);
  parse(source, document);
  return document.build();
}

const shape = ({ text, blocks }: ParsedDocument): [string, string][] =>
  blocks.map(({ kind, level, start, end }) => [level ? `${kind} ${level}` : kind, text.slice(start, end)]);

describe('Markdown', () => {
  it('gives words without marks', () => {
    expect(shape(read(parseMarkdown, '# A *b*\n\nSome `code` & [link](http://x) &amp; **bold\nwrapped** ![picture of it](x.png)<br>new ' +
      '&lt;tag&gt;\n\n- one\n  1. two\n- [x] three\n\n> quoted\n\n```js\nlet a = 1;\n```\n\n|h|i|\n|-|-|\n|1|2 *x*|\n\n<div>raw ' +
        '<b>html</b><script>no()</script></div>'))).toEqual([
      ['heading 1', 'A b'],
      ['paragraph', 'Some code & link (http://x) & bold wrapped picture of it\nnew <tag>'],
      ['list', '- one\n  1. two\n- ☑ three'],
      ['paragraph', 'quoted'],
      ['code', 'let a = 1;'],
      ['table', 'h | i\n1 | 2 x'],
      ['paragraph', 'raw html'],
    ]);
  });

  it('takes the title of front matter, and nothing else of it', () => {
    const { title, text } = read(parseMarkdown, '---\ntitle: "The book"\nsecret: x\n---\nBody.');
    expect([title, text]).toEqual(['The book', 'Body.']);
  });
});

describe('HTML', () => {
  const article = Array.from({ length: 6 },
    (_, at) => `<p>Paragraph ${at} of the article tells of the harbour, its boats, and the people who work there every day.</p>`).join('');

  it('keeps the article and leaves the furniture', () => {
    const { text, title } = read(
      parseHtmlPage, `<html><head><title>News | Site</title></head><body><header><a href="/">Site</a></header><div ` +
        `class="sidebar"><p>Popular: ten things you never knew about boats, and more</p></div>
      <div class="content"><h1>News</h1>${article}<ul class="related"><li><a href="/a">Another story</a></li></ul></div><div id="comments"><p>First! I am the first one to comment here, great.</p></div><footer>Imprint</footer></body></html>`);
    expect(title).toBe('News | Site');
    expect(text).toContain('Paragraph 5');
    expect(text).not.toMatch(/Popular|Another story|First!|Imprint/);
  });

  it('keeps a page that is no article whole', () => {
    const { text } = read(parseHtmlPage, '<body><h1>Contacts</h1><ul><li>Harbour master: channel 12</li><li>Office: 9 to ' +
      '6</li></ul><table><tr><th>Berth</th><th>Depth</th></tr><tr><td>A</td><td>3 m</td></tr></table></body>');
    expect(text).toBe('Contacts\n\n- Harbour master: channel 12\n- Office: 9 to 6\n\nBerth | Depth\nA | 3 m');
  });

  it('keeps an article whose wrapper has an unlucky name', () => {
    expect(read(parseHtmlPage, `<body><form class="page-with-sidebar"><div class="comments-enabled">${article}</div></form></body>`).text)
      .toContain('Paragraph 3');
  });
});

describe('plain text and tables', () => {
  it('tells headings, lists and paragraphs', () => {
    expect(shape(read(parsePlain,
      'GUIDE\n\n1. Opening hours\n\nWe open at nine.\r\nAnd close at six.\n\n- a\n- b\n\nNotes\n=====\nMore.'))).toEqual([
      ['heading 2', 'GUIDE'], ['heading 2', '1. Opening hours'], ['paragraph', 'We open at nine.\nAnd close at six.'], ['list', '- a\n- b'],
      ['heading 1', 'Notes'], ['paragraph', 'More.'],
    ]);
  });

  it('reads quoted cells', () => {
    expect(read(parseCsv, 'a;b\n"x; y";"say ""hi""\nthere"\n').text).toBe('a | b\nx; y | say "hi" there');
  });
});

describe('characters', () => {
  const textOf = async (format: Format, bytes: Uint8Array): Promise<string> =>
    (await parseFile(format, bytes, { maxCharacters: 1_000, maxPages: 1 })).text;

  it.each<[string, Format, Uint8Array, string]>([
    ['UTF-8', 'text', Buffer.from('größer'), 'größer'],
    ['a byte order mark', 'text', Buffer.from('\ufeffgrößer'), 'größer'],
    ['UTF-16', 'text', Buffer.from('\ufeffgrößer', 'utf16le'), 'größer'],
    ['Windows-1252', 'text', Buffer.from('gr\u00f6\u00dfer', 'latin1'), 'größer'],
    ['a told charset', 'html',
      Buffer.concat([Buffer.from('<meta charset="windows-1251"><p>'), Buffer.from([0xef, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2])]), 'привет'],
    ['NUL and control signs', 'text', Buffer.from('a\u0001b\u0000c'), 'ab\ufffdc'],
  ])('of %s are read', async (_, format, bytes, expected) => expect(await textOf(format, bytes)).toBe(expected));
});

describe('lines of a PDF', () => {
  const line = (text: string, y: number, x = 50, size = 10): { text: string; x: number; y: number; width: number; size: number } =>
    ({ text, x, y, width: text.length * 5, size });

  it('are joined from runs, with the spaces that were drawn as gaps', () => {
    expect(toLines([line('Hel', 700), line('lo', 700, 65), line('there', 700, 80), line('next', 680)]).map(({ text }) => text))
      .toEqual(['Hello there', 'next']);
  });

  it('become paragraphs, hyphens mended by what the document writes elsewhere', () => {
    const lines = toLines([line('The winter storms are well-known and the sto-', 700), line('rms of the win-', 688),
      line('ter are well-', 676), line('known indeed.', 664), line('Another paragraph.', 620)]);
    const vocabulary = vocabularyOf([lines]);
    expect(toParagraphs(lines).map((one) => wordsOf(one, vocabulary)))
      .toEqual(['The winter storms are well-known and the storms of the winter are well-known indeed.', 'Another paragraph.']);
  });

  it('lose page numbers, and running heads but for the first, and keep headings at the same place', () => {
    const page = (number: number): PageLines => ({ height: 842,
      lines: toLines([line('The handbook', 815, 200, 9), line(`Chapter ${number}`, 790, 50, 18), line(`Words of page ${number}.`, 600),
        line('More words of it.', 588), line(String(number), 20, 300, 9)]) });
    expect(withoutRunningHeads([1, 2, 3].map(page)).map((lines) => lines.map(({ text }) => text))).toEqual([
      ['The handbook', 'Chapter 1', 'Words of page 1.', 'More words of it.'], ['Chapter 2', 'Words of page 2.', 'More words of it.'],
      ['Chapter 3', 'Words of page 3.', 'More words of it.']]);
  });
});
