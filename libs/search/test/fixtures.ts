import { Document, HeadingLevel, Packer, Paragraph, Table, TableCell, TableRow } from 'docx';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import { type Caller, eventually } from '#platform/testing';

/** A file as the API shows it. */
export interface ShownFile {
  id: string;
  name: string;
  mediaType: string;
  version: number;
  state: string;
  reason: { code: string; message: string } | null;
  passages: number;
  pages: number | null;
  characters: number | null;
}

interface ShownPassage {
  chunkId: string;
  documentId: string;
  documentName: string;
  kind: string;
  heading: string | null;
  page: number | null;
  start: number;
  end: number;
  text: string;
  score: number;
  coverage: number;
}

/** A multipart form of one file, and the header that goes with it. */
export function form(name: string, content: string | Uint8Array): [Buffer, Record<string, string>] {
  return formOf({ [name]: content });
}

/** The same of several files, by name. */
export function formOf(files: Record<string, string | Uint8Array>): [Buffer, Record<string, string>] {
  const boundary = 'atoll-test-boundary';
  const parts = Object.entries(files).flatMap(([name, content]) => [
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n` +
      'content-type: application/octet-stream\r\n\r\n'), Buffer.from(content), Buffer.from('\r\n')]);
  return [Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
    { 'content-type': `multipart/form-data; boundary=${boundary}` }];
}

export async function upload(caller: Caller, name: string, content: string | Uint8Array): Promise<ShownFile> {
  const answer = await caller.post<ShownFile>('/v1/knowledge/files', ...form(name, content));
  if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`);
  return answer.body;
}

/** Waits until a file is ready or failed. */
export function settled(caller: Caller, id: string): Promise<ShownFile> {
  return eventually(async () => {
    const { body } = await caller.get<ShownFile>(`/v1/knowledge/files/${id}`);
    if (body.state !== 'ready' && body.state !== 'failed') throw new Error(`still ${body.state}`);
    return body;
  }, { timeoutMs: 30_000 });
}

export async function uploaded(caller: Caller, name: string, content: string | Uint8Array): Promise<ShownFile> {
  return settled(caller, (await upload(caller, name, content)).id);
}

export async function search(caller: Caller, query: string, more: object = {}): Promise<ShownPassage[]> {
  const answer = await caller.post<{ passages: ShownPassage[] }>('/v1/search', { query, ...more });
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return answer.body.passages;
}

interface PdfPage {
  heading?: string;
  lines: string[];
}

/** A PDF with a running head and page numbers, as word processors make them. */
export async function pdfOf(pages: PdfPage[]): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  const font = await pdf.embedFont(StandardFonts.Helvetica);
  pages.forEach(({ heading, lines }, index) => {
    const page = pdf.addPage([595, 842]);
    page.drawText('Harbour Works: internal handbook', { x: 190, y: 812, size: 9, font });
    if (heading) page.drawText(heading, { x: 50, y: 740, size: 20, font });
    lines.forEach((line, at) => page.drawText(line, { x: 50, y: 700 - at * 14, size: 11, font }));
    page.drawText(`Page ${index + 1} of ${pages.length}`, { x: 280, y: 28, size: 9, font });
  });
  return pdf.save();
}

export async function docxOf(parts: ({ heading: string } | { text: string } | { bullet: string }
  | { rows: string[][] })[]): Promise<Uint8Array> {
  const children = parts.map((part) => {
    if ('heading' in part) return new Paragraph({ text: part.heading, heading: HeadingLevel.HEADING_1 });
    if ('bullet' in part) return new Paragraph({ text: part.bullet, bullet: { level: 0 } });
    if ('rows' in part) return new Table(
      { rows: part.rows.map((row) => new TableRow({ children: row.map((cell) => new TableCell({ children: [new Paragraph(cell)] })) })) });
    return new Paragraph(part.text);
  });
  return new Uint8Array(await Packer.toBuffer(new Document({ sections: [{ children }] })));
}
