import { Document, HeadingLevel, Packer, Paragraph } from 'docx';
import { PDFDocument, StandardFonts } from 'pdf-lib';

/** One small document of each format that can be uploaded, each with a fact that stands in no other. */
export const markdown = `# Harbour handbook

## Opening hours

The harbour office opens at 7 am and closes at 9 pm. On Sundays it stays closed.

## Berths

A berth for a yacht of up to 12 metres costs 48 euros a night. Electricity is included.
`;

export const text = 'Lighthouse notes.\n\nThe lighthouse keeper changes the lamp every 400 days. The lamp burns rapeseed oil.\n';

export const html = `<!doctype html><html><head><title>Ferry</title><script>alert(1)</script></head><body><nav>Home About</nav>
<h1>Ferry timetable</h1><p>The night ferry to Gotland departs at 23:15 from pier four.</p><footer>imprint</footer></body></html>`;

export async function pdf(): Promise<Uint8Array> {
  const file = await PDFDocument.create();
  const font = await file.embedFont(StandardFonts.Helvetica);
  const lines = ['Customs guide', 'Dogs need a rabies certificate that is at least 21 days old.'];
  for (const line of lines) file.addPage([400, 300]).drawText(line, { x: 30, y: 200, size: 10, font });
  return file.save();
}

export async function docx(): Promise<Uint8Array> {
  const file = new Document({
    sections: [{ children: [new Paragraph({ text: 'Crane manual', heading: HeadingLevel.HEADING_1 }),
      new Paragraph('The yellow crane lifts at most 35 tonnes in calm weather.')] }],
  });
  return new Uint8Array(await Packer.toBuffer(file));
}
