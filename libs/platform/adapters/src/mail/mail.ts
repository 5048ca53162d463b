export interface Email {
  /** One address, bare (`ada@example.org`). */
  to: string;
  subject: string;
  text: string;
  /** Becomes the Message-ID: an e-mail that is sent again after a lost answer can be recognised as the same one. */
  id: string;
}

/**
 * The only way out for mail, one e-mail to one person. Call it from a job: a server that is busy or away throws `unavailable` or
 * `deadline`, and the job tries again; one that will never take this e-mail throws `unprocessable` (`kernel.mail-refused`).
 */
export abstract class Mail {
  /** Whether e-mails reach mailboxes. False in development without ATOLL_SMTP_URL, where they are written to a folder. */
  abstract readonly delivers: boolean;
  /** Throws `unavailable` where mail can be neither sent nor written down, so that a flow that needs it is refused before it begins. */
  abstract assertReady(): void;
  abstract send(email: Email): Promise<void>;
}
