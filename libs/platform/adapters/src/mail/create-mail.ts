import { join } from 'node:path';
import type { CoreConfig } from '#platform/core';
import { FolderMail } from './folder-mail.js';
import type { Mail } from './mail.js';
import type { MailConfig } from './mail.config.js';
import { NoMail } from './no-mail.js';
import { SmtpMail } from './smtp-mail.js';

/** The way out that the configuration names. */
export function createMail({ production, dataDir }: CoreConfig, { smtpUrl, from }: MailConfig): Mail {
  if (smtpUrl !== undefined) return new SmtpMail({ url: smtpUrl, from: from! });
  return production ? new NoMail() : new FolderMail(join(dataDir, 'mail'), from);
}
