import { IsUrl, Matches, ValidateIf } from 'class-validator';
import { Env } from '#platform/core';

const MAILBOX = /^([^\r\n<>@]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/;

/** How e-mails (invitations, verification, password reset) leave. */
export class MailConfig {
  @Env('ATOLL_SMTP_URL', { description: 'SMTP server for outgoing mail: smtp://user:password@host:587 (STARTTLS, demanded when there is ' +
    'a password) or smtps://…:465. Without it e-mails are written to ATOLL_DATA_DIR/mail, and in production what needs mail is refused.',
    secret: true })
  @ValidateIf(({ smtpUrl }: MailConfig) => smtpUrl !== undefined)
  @IsUrl({ protocols: ['smtp', 'smtps'], require_tld: false, require_protocol: true, allow_underscores: true })
  smtpUrl?: string;

  @Env('ATOLL_MAIL_FROM', { description: 'Sender of outgoing mail, as in Atoll <atoll@example.org>. Needed with ATOLL_SMTP_URL.',
    defaultText: 'none' })
  @ValidateIf(({ smtpUrl, from }: MailConfig) => smtpUrl !== undefined || from !== undefined)
  @Matches(MAILBOX, { message: 'from must be a sender such as Atoll <atoll@example.org>' })
  from?: string;
}
