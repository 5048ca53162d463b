import { cleanName, sniff } from './sniff.js';

const PDF = Buffer.from('%PDF-1.7\n');
const ZIP = Buffer.from('504b0304', 'hex');
const PNG = Buffer.from('89504e470d0a1a0a0000', 'hex');

describe('sniff', () => {
  it.each([
    ['a.md', Buffer.from('# x'), 'markdown'], ['a.PDF', PDF, 'pdf'], ['a.docx', ZIP, 'docx'],
    ['a.htm', Buffer.from('<!doctype html>'), 'html'],
    ['a.csv', Buffer.from('a,b'), 'csv'], ['README', Buffer.from('words'), 'text'], ['page', Buffer.from('<html>'), 'html'],
    ['report', PDF, 'pdf'],
    ['utf16.txt', Buffer.from('\ufeffwords', 'utf16le'), 'text'],
    ['utf16-unmarked.csv', Buffer.from('Artikel;Preis\n', 'utf16le'), 'csv'],
  ])('takes %s for what it is', (name, head, format) => expect(sniff(name, head).format).toBe(format));

  it.each([
    ['a.txt', PDF], ['a.pdf', ZIP], ['a.docx', Buffer.from('text')], ['a.md', PNG], ['a.exe', Buffer.from('MZ')],
    ['a.svg', Buffer.from('<svg/>')], ['archive', ZIP], ['a.txt', Buffer.from('a\0b')],
  ])('refuses %s that is something else',
    (name, head) => expect(() => sniff(name, head)).toThrow(expect.objectContaining({ code: 'unsupported', reason: 'search.format' })));
});

describe('cleanName', () => {
  it.each([
    ['../../etc/passwd', 'passwd'], ['C:\\Users\\me\\plan.docx', 'plan.docx'], ['a\u0000b\u202e.txt', 'ab.txt'], ['', 'file'],
    ['...', 'file'], [undefined, 'file'], ['.env', 'env'],
    ['Größe 1.pdf', 'Größe 1.pdf'], [`${'x'.repeat(400)}.pdf`, `${'x'.repeat(196)}.pdf`],
  ])('of %j', (raw, name) => expect(cleanName(raw)).toBe(name));
});
