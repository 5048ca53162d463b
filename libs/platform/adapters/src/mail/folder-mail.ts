import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createTransport } from 'nodemailer';
import { logger } from '#platform/core';
import { Mail, type Email } from './mail.js';
import { toMessage } from './smtp-mail.js';

const log = logger('kernel');

/** Development without a mail server: each e-mail is a file that any mail program opens, readable by its owner alone. */
export class FolderMail extends Mail {
  override readonly delivers = false;

  constructor(private readonly folder: string, private readonly from = 'Atoll <atoll@localhost>') {
    super();
  }

  override assertReady(): void {
    // A folder can always be written to.
  }

  override async send(email: Email): Promise<void> {
    const { message } = await createTransport({ streamTransport: true, newline: 'unix' }).sendMail(toMessage(email, this.from));
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const file = join(this.folder, `${email.id}.eml`);
    await writeFile(file, Buffer.isBuffer(message) ? message : await buffer(message), { mode: 0o600 });
    log.info({ file, subject: email.subject }, 'there is no mail server (ATOLL_SMTP_URL): an e-mail was written to a file');
  }
}
