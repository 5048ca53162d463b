import mammoth from 'mammoth';
import { addHtml } from './html-blocks.js';
import type { DocumentBuilder } from './parsed-document.js';
import { Unreadable } from './unreadable.js';

/** Word's styles say what is a heading, list or table; pictures are not read. Entities and links to other files are never followed. */
export async function parseDocx(bytes: Uint8Array, document: DocumentBuilder): Promise<void> {
  const html = await mammoth
    .convertToHtml({ buffer: Buffer.from(bytes) }, {
      styleMap: ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => h2:fresh"],
      convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: '' })),
      externalFileAccess: false,
    })
    .catch(() => {
      throw new Unreadable('damaged',
        'The file is damaged, or no Word document (.docx) at all: it could not be opened. Save it again and upload the new file.');
    });
  addHtml(html.value, document);
}
