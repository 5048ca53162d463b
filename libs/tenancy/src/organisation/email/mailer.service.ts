import { Injectable } from '@nestjs/common';
import { Mail } from '#platform/adapters';
import { AppError, CoreConfig, logger } from '#platform/core';
import { publicBase } from '../tenant/public-base.js';
import type { EmailText } from './email-texts.js';

const log = logger('tenancy');

/** Sends the e-mails of this context. A link's token stands in the fragment, which no server on the way sees. */
@Injectable()
export class Mailer {
  constructor(
    private readonly mail: Mail,
    private readonly core: CoreConfig,
  ) {}

  /** `id` is the job's: a second try sends the same message. What the server refuses for good is not tried again. */
  async send(id: string, to: string, email: EmailText): Promise<void> {
    try {
      await this.mail.send({ id, to, ...email });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'unprocessable') throw error;
      log.warn({ error, jobId: id }, 'an e-mail was refused for good and is not tried again');
    }
  }

  link(page: string, token?: string): string {
    return `${publicBase(this.core)}/${page}${token === undefined ? '' : `#token=${token}`}`;
  }
}
