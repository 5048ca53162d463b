import { AppError } from '#platform/core';
import { Mail } from './mail.js';

/** Production without a mail server: what needs mail is refused, instead of e-mails that nobody will ever read. */
export class NoMail extends Mail {
  override readonly delivers = false;

  override assertReady(): never {
    throw new AppError('unavailable', 'kernel.no-mail',
      'This deployment cannot send mail, and this needs a letter. Nothing was done. Its operator has to set ATOLL_SMTP_URL and ' +
        'ATOLL_MAIL_FROM.');
  }

  override send(): Promise<void> {
    return this.assertReady();
  }
}
