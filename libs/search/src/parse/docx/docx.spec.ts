import { strToU8, zipSync } from 'fflate';
import { DocumentBuilder, type ParsedDocument } from '../parsed-document.js';
import { parseDocx } from './docx.js';

const NAMESPACES = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" ' +
  'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" ' +
  'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" ' +
  'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" ' +
  'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" ' +
  'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** A Word file of a body and further parts by their kind: styles, numbering, header, footnotes. */
function docx(body: string, parts: Record<string, string> = {}, links: Record<string, string> = {}): Uint8Array {
  const relations = [...Object.keys(parts).map((kind) => `<Relationship Id="${kind}" Type="${OFFICE}/${kind}" Target="${kind}.xml"/>`),
    ...Object.entries(links).map(([id, to]) => `<Relationship Id="${id}" Type="${OFFICE}/hyperlink" Target="${to}" ` +
      `TargetMode="External"/>`)];
  const xml = (text: string): Uint8Array => strToU8(`<?xml version="1.0" encoding="UTF-8"?>${text}`);
  const list = (items: string): string =>
    `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${items}</Relationships>`;
  const roots: Record<string, string> = { header: 'hdr', footer: 'ftr' };
  return zipSync({
    '_rels/.rels': xml(list(`<Relationship Id="r" Type="${OFFICE}/officeDocument" Target="word/document.xml"/>`)),
    'word/document.xml': xml(`<w:document ${NAMESPACES}><w:body>${body}</w:body></w:document>`),
    'word/_rels/document.xml.rels': xml(list(relations.join(''))),
    ...Object.fromEntries(Object.entries(parts).map(([kind, inner]) => {
      const root = `w:${roots[kind] ?? kind}`;
      return [`word/${kind}.xml`, xml(`<${root} ${NAMESPACES}>${inner}</${root}>`)];
    })),
  });
}

function read(...file: Parameters<typeof docx>): ParsedDocument {
  const document = new DocumentBuilder(1_000_000);
  parseDocx(docx(...file), document);
  return document.build();
}

const run = (text: string, properties = ''): string => `<w:r><w:rPr>${properties}</w:rPr><w:t xml:space="preserve">${text}</w:t></w:r>`;
const p = (inner: string, properties = ''): string => `<w:p><w:pPr>${properties}</w:pPr>${inner}</w:p>`;
const numbered = (text: string, list: number, level = 0, more = ''): string =>
  p(run(text), `${more}<w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="${list}"/></w:numPr>`);
const level = (at: number, format: string, text: string, more = ''): string =>
  `<w:lvl w:ilvl="${at}"><w:start w:val="1"/><w:numFmt w:val="${format}"/><w:lvlText w:val="${text}"/>${more}</w:lvl>`;
const lines = (text: string): string[] => text.split(/\n+/);

describe('numbers of clauses', () => {
  const numbering = `<w:abstractNum w:abstractNumId="0">${level(0, 'upperRoman', 'Article %1')}${level(1, 'decimal', '%1.%2',
    '<w:isLgl/>')}` +
    `${level(2, 'lowerLetter', '(%3)')}</w:abstractNum><w:abstractNum w:abstractNumId="1">${level(0, 'bullet', '·')}</w:abstractNum>` +
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>' +
    '<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>';

  it('count through levels, begin anew below a new one, and are Arabic where they are told to', () => {
    const body = numbered('Scope', 1, 0, '<w:outlineLvl w:val="0"/>') + numbered('Goods', 1, 1) + numbered('all', 1, 2) + numbered('some',
      1, 2) +
      numbered('Pay', 1, 0) + numbered('Due', 1, 1) + numbered('early', 1, 2) + numbered('Late', 3, 0) + numbered('Dot', 2);
    expect(lines(read(body, { numbering }).text)).toEqual(['Article I Scope', '1.1 Goods', '    (a) all', '    (b) some', 'Article II Pay',
      '2.1 Due',
      '    (a) early', 'Article V Late', '- Dot']);
  });

  it('come from the style where the paragraph has none, and skip what was deleted', () => {
    const styles = '<w:style w:type="paragraph" w:styleId="K1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId ' +
      'w:val="1"/></w:numPr></w:pPr></w:style>';
    const gone = `<w:p><w:pPr><w:pStyle w:val="K1"/></w:pPr><w:del><w:r><w:delText>Old</w:delText></w:r></w:del></w:p>`;
    const { text, blocks } = read(p(run('One'), '<w:pStyle w:val="K1"/>') + gone + p(run('Two'), '<w:pStyle w:val="K1"/>'), { numbering,
      styles });
    expect(lines(text)).toEqual(['Article I One', 'Article II Two']);
    expect(blocks.map(({ kind, level: depth }) => [kind, depth])).toEqual([['heading', 1], ['heading', 1]]);
  });
});

describe('boxes and fields', () => {
  const box = (checked: string): string => `<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="${checked}"/></w14:checkbox></w:sdtPr>` +
    '<w:sdtContent><w:r><w:t>?</w:t></w:r></w:sdtContent></w:sdt>';
  const legacy = (inner: string): string => `<w:r><w:fldChar w:fldCharType="begin"><w:ffData>${inner}</w:ffData></w:fldChar></w:r>` +
    '<w:r><w:instrText> FORM </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:fldChar ' +
      'w:fldCharType="end"/></w:r>';

  it.each([
    ['an unticked control', box('0'), '☐ Flood'], ['a ticked control', box('1'), '☑ Flood'],
    ['an unticked field', legacy('<w:checkBox><w:default w:val="0"/></w:checkBox>'), '☐ Flood'],
    ['a ticked field', legacy('<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>'), '☑ Flood'],
    ['a field set back', legacy('<w:checkBox><w:default w:val="1"/><w:checked w:val="0"/></w:checkBox>'), '☐ Flood'],
    ['a choice', legacy('<w:ddList><w:result w:val="1"/><w:listEntry w:val="No"/><w:listEntry w:val="Yes:"/></w:ddList>'), 'Yes: Flood'],
    ['an empty sign', '<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>', '☐ Flood'],
    ['a ticked sign', '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>', '☑ Flood'],
    ['a sign typed in its font', run('\u00a8', '<w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/>'), '☐ Flood'],
    ['Greek in its font', run('m', '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>'), 'μ Flood'],
    ['a prompt', '<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:r><w:t>Click here</w:t></w:r></w:sdtContent></w:sdt>',
      'Flood'],
  ])('%s', (_, inner, expected) => expect(read(p(inner + run(' Flood'))).text).toBe(expected));

  it('a bullet that is an empty box', () => {
    const numbering = `<w:abstractNum w:abstractNumId="0">` +
      `${level(0, 'bullet', '\uf0a8', '<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr>')}</w:abstractNum>` +
      '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>';
    expect(read(numbered('Flood', 1), { numbering }).text).toBe('☐ Flood');
  });
});

describe('what no longer holds, and what nobody sees', () => {
  it.each([
    ['struck', run('400 ', '<w:strike/>'), 'struck-text'], ['struck twice', run('400 ', '<w:dstrike/>'), 'struck-text'],
    ['deleted', '<w:del w:id="1"><w:r><w:delText>400 </w:delText></w:r></w:del>', 'struck-text'],
    ['moved away', '<w:moveFrom w:id="1"><w:r><w:t>400 </w:t></w:r></w:moveFrom>', 'struck-text'],
    ['hidden', run('400 ', '<w:vanish/>'), 'hidden-text'], ['white', run('400 ', '<w:color w:val="FFFFFF"/>'), 'hidden-text'],
    ['tiny', run('400 ', '<w:sz w:val="2"/>'), 'hidden-text'],
  ])('%s text is left out', (_, inner, code) => {
    const parsed = read(p(run('It costs ') + inner + run('320.')));
    expect(parsed.text).toBe('It costs 320.');
    expect(parsed.warnings.map((one) => one.code)).toEqual([code]);
  });

  it('by its style too, and not where a style is set off', () => {
    const styles = '<w:style w:type="character" w:styleId="S"><w:name w:val="Gone"/><w:rPr><w:strike/></w:rPr></w:style>';
    expect(read(p(run('400 ', '<w:rStyle w:val="S"/>') + run('320', '<w:rStyle w:val="S"/><w:strike w:val="0"/>')), { styles }).text)
      .toBe('320');
  });

  it('is not what was inserted or moved here, nor white on a dark cell', () => {
    expect(read(p(`<w:ins w:id="1">${run('new ')}</w:ins><w:moveTo w:id="2">${run('here')}</w:moveTo>`)).text).toBe('new here');
    const cell = (text: string): string => `<w:tc>${p(run(text, '<w:color w:val="FFFFFF"/>'))}</w:tc>`;
    expect(read(`<w:tbl><w:tr>${cell('a')}${cell('b')}</w:tr></w:tbl>`).text).toBe('a | b');
  });

  it('comments are left out, and told', () => {
    const parsed = read(p('<w:commentRangeStart w:id="0"/>' + run('Text')),
      { comments: `<w:comment w:id="0">${p(run('Is that so?'))}</w:comment>` });
    expect([parsed.text, parsed.warnings.map(({ code }) => code)]).toEqual(['Text', ['comments']]);
  });
});

describe('other parts of a page', () => {
  it('text boxes are read once, of the new form and the old', () => {
    const content = `<w:txbxContent>${p(run('Car park C'))}</w:txbxContent>`;
    const both = `<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>${content}</wps:txbx></w:drawing></mc:Choice>` +
      `<mc:Fallback><w:pict><v:textbox>${content}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>`;
    expect(lines(read(p(run('Before.') + both)).text)).toEqual(['Before.', 'Car park C']);
    expect(read(p(`<w:r><w:pict><v:textbox>${content}</v:textbox></w:pict></w:r>`)).text).toBe('Car park C');
  });

  it('heads and feet once, below the title and at the end, without numbers of pages', () => {
    const page = '<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>';
    const parts = { header: p(run('Policy HR-2231')), footer: p(run('Page ') + page) + p(run('Issued by Legal')) };
    const { text } = read(p(run('Remote work'), '<w:outlineLvl w:val="0"/>') + p(run('Two days a week.')), parts);
    expect(lines(text)).toEqual(['Remote work', 'Policy HR-2231', 'Two days a week.', 'Issued by Legal']);
  });

  it('notes below the paragraph that refers to them', () => {
    const footnotes = `<w:footnote w:id="2">${p('<w:r><w:footnoteRef/></w:r>' + run(' Not on Sundays.'))}</w:footnote>`;
    const reference = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="2"/></w:r>';
    expect(lines(read(p(run('Open daily') + reference + run('.')) + p(run('Next.')), { footnotes }).text))
      .toEqual(['Open daily[^1].', '[^1]: Not on Sundays.', 'Next.']);
  });

  it('addresses of links', () => {
    const field = '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "https://b.example" </w:instrText></w:r>' +
      `<w:r><w:fldChar w:fldCharType="separate"/></w:r>${run('there')}<w:r><w:fldChar w:fldCharType="end"/></w:r>`;
    expect(read(p(`<w:hyperlink r:id="l">${run('here')}</w:hyperlink>${run(', ')}${field}.`), {}, { l: 'https://a.example/x' }).text)
      .toBe('here (https://a.example/x), there (https://b.example)');
  });

  it('powers, indices and formulas', () => {
    const high = '<w:vertAlign w:val="superscript"/>';
    expect(read(p(run('10') + run('-', high) + run('6', high) + run(' m, CO') + run('2', '<w:vertAlign w:val="subscript"/>'))).text)
      .toBe('10^-6 m, CO2');
    const m = (text: string): string => `<m:r><m:t>${text}</m:t></m:r>`;
    const formula = `<m:oMath>${m('P=')}<m:f><m:num>${m('a+b')}</m:num><m:den>${m('2')}</m:den></m:f>${m('·')}` +
      `<m:sSup><m:e>${m('x')}</m:e><m:sup>${m('2')}</m:sup></m:sSup></m:oMath>`;
    expect(read(p(formula)).text).toBe('P=(a+b)/2·x^2');
  });

  it('merged cells in every row and column', () => {
    const cell = (text: string, properties = ''): string => `<w:tc><w:tcPr>${properties}</w:tcPr>${p(run(text))}</w:tc>`;
    const row = (...cells: string[]): string => `<w:tr>${cells.join('')}</w:tr>`;
    expect(read(`<w:tbl>${row(cell('Region'), cell('2024', '<w:gridSpan w:val="2"/>'))}${row(cell('Coast', '<w:vMerge w:val="restart"/>'),
      cell('1'), cell('2'))}` +
      `${row(cell('', '<w:vMerge/>'), cell('3'), cell('4'))}</w:tbl>`).text).toBe('Region | 2024 | 2024\nCoast | 1 | 2\nCoast | 3 | 4');
  });
});
