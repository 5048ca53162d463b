import { spawnSync } from 'node:child_process';
import { deflateSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { newId } from '#platform/core';
import { asTenant } from '#platform/testing';
import { SearchConfig } from '../search.config.js';
import { confinement } from './parser-process.js';
import { Parser } from './parser.service.js';
import type { Format } from '../parse/parse.js';

const tenant = newId();
const config = Object.assign(new SearchConfig(), { parseSeconds: 20, parseMegabytes: 256 });

const markdown = (bytes: Uint8Array) => ({ kind: 'file', name: 'file.md', format: 'markdown', bytes }) as const;

async function outcome(format: Format, bytes: Uint8Array, limits: Partial<SearchConfig> = {}): Promise<string> {
  const parser = new Parser(Object.assign(new SearchConfig(), config, limits));
  return asTenant(tenant, () => parser.read({ kind: 'file', name: 'file', format, bytes }))
    .then((parsed) => `read ${parsed.text.length}`, (error: { reason?: string }) => error.reason ?? String(error))
    .finally(() => parser.onApplicationShutdown());
}

const document = '<?xml version="1.0"?><w:document ' +
  'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">' +
  '<w:body><w:p><w:r><w:t>TEXT</w:t></w:r></w:p></w:body></w:document>';
const types = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override ' +
  'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>';
const relations = '<?xml version="1.0"?><Relationships ' +
  'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" ' +
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" ' +
    'Target="word/document.xml"/></Relationships>';

function docx(body: string | Uint8Array, more: Record<string, Uint8Array> = {}): Uint8Array {
  return zipSync({ '[Content_Types].xml': Buffer.from(types), '_rels/.rels': Buffer.from(relations), 'word/document.xml': Buffer.from(body),
    ...more });
}

function pdfOfStream(content: Uint8Array): Uint8Array {
  const stream = deflateSync(content, { level: 9 });
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>', '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 ' +
      'R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>',
  ];
  const head = Buffer.from(`%PDF-1.4\n${objects.map((one, at) => `${at + 1} 0 obj${one}endobj\n`).join('')}4 0 ` +
    `obj<</Filter/FlateDecode/Length ${stream.length}>>stream\n`);
  return Buffer.concat([head, stream, Buffer.from('\nendstream endobj\ntrailer<</Root 1 0 R>>\n')]);
}

describe('the parser in its own process', () => {
  it('reads what is harmless', async () => {
    expect(await outcome('docx', docx(document))).toBe('read 4');
    expect(await outcome('pdf', pdfOfStream(Buffer.from('BT /F1 12 Tf 50 700 Td (Hello there) Tj ET')))).toBe('read 11');
  });

  it('refuses an archive that unpacks to far more than it weighs', async () => {
    expect(await outcome('docx', docx(document, { 'word/media/zeros.bin': new Uint8Array(8 * 1024 * 1024) }))).toBe('archive-bomb');
  });

  it('refuses an archive of too many entries', async () => {
    expect(await outcome('docx',
      docx(document, Object.fromEntries(Array.from({ length: 5_001 }, (_, at) => [`word/e${at}`, new Uint8Array(1)])))))
      .toBe('archive-bomb');
  });

  it('refuses an archive whose directory lies about sizes', async () => {
    const bytes = Buffer.from(docx(document.replace('TEXT', 'long '.repeat(1_000_000))));
    const entry = bytes.indexOf(Buffer.from('504b0102', 'hex'), bytes.lastIndexOf(Buffer.from('word/document.xml')) - 60);
    bytes.writeUInt32LE(100, entry + 24);
    expect(await outcome('docx', bytes)).toBe('archive-bomb');
  });

  it('refuses an archive whose entries share their bytes', async () => {
    const bytes = Buffer.from(zipSync({ a: Buffer.from(document), b: Buffer.from(document) }));
    const second = bytes.lastIndexOf(Buffer.from('504b0102', 'hex'));
    bytes.writeUInt32LE(0, second + 42);
    expect(await outcome('docx', bytes)).toBe('archive-bomb');
  });

  it('follows no entity, internal or external', async () => {
    const laughs = Array.from({ length: 10 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('');
    const bomb = document.replace('?>', `?><!DOCTYPE d [<!ENTITY l0 "ha">${laughs}]>`).replace('TEXT', '&l10;');
    expect(await outcome('docx', docx(bomb))).not.toMatch(/^read \d{4,}/);
    const outside = document.replace('?>', '?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>').replace('TEXT', '&x;');
    expect(await outcome('docx', docx(outside))).not.toMatch(/^read \d{3,}/);
  });

  it('kills what takes too long', async () => {
    const started = performance.now();
    // 100 KB that unpack to 96 MB of drawing orders.
    const endless = pdfOfStream(Buffer.from('BT /F1 12 Tf (a) Tj ET '.repeat(4_000_000)));
    expect(await outcome('pdf', endless, { parseSeconds: 1, parseMegabytes: 4_096 })).toBe('too-slow');
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it('kills what takes too much memory', async () => {
    expect(await outcome('pdf', pdfOfStream(Buffer.from('BT /F1 12 Tf (a) Tj ET '.repeat(8_000_000))),
      { parseMegabytes: 160, parseSeconds: 60 })).toBe('too-much-memory');
  });

  it.each<[string, Format, string]>([
    ['a hundred thousand nested elements', 'html', '<div>'.repeat(100_000) + 'deep'],
    ['brackets without end', 'markdown', '['.repeat(50_000)],
    ['stars without end', 'markdown', '*a '.repeat(50_000)],
    ['nested quotes', 'markdown', '>'.repeat(20_000) + ' deep'],
    ['one line of a million characters', 'text', 'x'.repeat(1_000_000)],
    ['a table of a hundred thousand cells', 'html', `<table><tr>${'<td>cell</td>'.repeat(100_000)}</tr></table>`],
  ])('lives through %s', async (_, format, text) => {
    expect(await outcome(format, Buffer.from(text))).toMatch(/^(read \d+|too-slow|too-much-memory|crashed|empty)$/);
  });

  it('is used again for the same tenant, never for another', async () => {
    const parser = new Parser(config);
    const children = (): string[] =>
      spawnSync('ps', ['-o', 'pid=', '--ppid', String(process.pid)], { encoding: 'utf8' }).stdout.trim().split(/\s+/);
    const started = async (work: () => Promise<unknown>): Promise<number> => {
      const before = new Set(children());
      await work();
      // One of the new processes is `ps` itself.
      return children().filter((pid) => !before.has(pid)).length - 1;
    };
    expect(await started(() => asTenant(tenant, () => parser.read(markdown(Buffer.from('# one')))))).toBe(1);
    expect(await started(() => asTenant(tenant, () => parser.read(markdown(Buffer.from('# two')))))).toBe(0);
    expect(await started(() => asTenant(newId(), () => parser.read(markdown(Buffer.from('# three')))))).toBe(1);
    parser.onApplicationShutdown();
  });

  it('is stopped by its caller', async () => {
    const leaving = new AbortController();
    const parsing = asTenant(tenant, () => new Parser(config).read(markdown(Buffer.from('# x')), leaving.signal));
    leaving.abort(new Error('gone'));
    await expect(parsing).rejects.toThrow('gone');
  });

  it('refuses more text and more pages than are accepted', async () => {
    expect(await outcome('text', Buffer.from('word '.repeat(1_000)), { maxCharacters: 1_000 })).toBe('too-long');
  });

  it('has no disk, no children and no strings made code', () => {
    const attempt = (code: string): string =>
      spawnSync(process.execPath, [...confinement(128), '-e', code], { encoding: 'utf8', env: {} }).stderr;
    expect(attempt(`require('fs').writeFileSync('/tmp/atoll-escape', 'x')`)).toContain('ERR_ACCESS_DENIED');
    expect(attempt(`require('fs').readFileSync('/etc/passwd')`)).toContain('ERR_ACCESS_DENIED');
    expect(attempt(`require('child_process').spawnSync('true')`)).toContain('ERR_ACCESS_DENIED');
    expect(attempt(`new Function('return 1')()`)).toContain('EvalError');
  });
});
