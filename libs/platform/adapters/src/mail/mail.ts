export interface Letter {
  /** One address, bare (`ada@example.org`). */
  to: string;
  subject: string;
  text: string;
  html?: string;
  /** Becomes the Message-ID: a letter that is sent again after a lost answer can be recognised as the same one. */
  id: string;
}

/**
 * The only way out for mail, one letter to one person. Call it from a job: a server that is busy or away throws `unavailable` or
 * `deadline`, and the job tries again; one that will never take this letter throws `unprocessable` (`kernel.mail-refused`).
 */
export abstract class Mail {
  /** Whether letters reach mailboxes. False in development without ATOLL_SMTP_URL, where they are written to a folder. */
  abstract readonly delivers: boolean;
  /** Throws `unavailable` where mail can be neither sent nor written down, so that a flow that needs it is refused before it begins. */
  abstract assertReady(): void;
  abstract send(letter: Letter): Promise<void>;
}
