import { createTransport } from 'nodemailer';
import { AppError, metrics, span } from '#platform/core';
import { Mail, type Email } from './mail.js';

const CONNECT_MS = 10_000;
/** Longest silence of the server inside a conversation; some take their time over an e-mail's content. */
const SILENCE_MS = 30_000;
const PORT = { 'smtp:': 587, 'smtps:': 465 } as const;

const sent = metrics.counter('atoll_mail_total', 'E-mails handed to the SMTP server, by outcome', ['outcome']);

interface SmtpSettings {
  url: string;
  from: string;
  /** Specs are in a hurry. */
  silenceMs?: number;
}

/** E-mails by SMTP. A password never crosses a network in the clear: with one, a server that offers no TLS is refused. */
export class SmtpMail extends Mail {
  override readonly delivers = true;
  private readonly transport: ReturnType<typeof transportTo>;

  constructor(private readonly settings: SmtpSettings) {
    super();
    this.transport = transportTo(settings);
  }

  override assertReady(): void {
    // A server that is away is what the job's retries are for.
  }

  override async send(email: Email): Promise<void> {
    try {
      await span('mail send', {}, () => this.transport.sendMail(toMessage(email, this.settings.from)), { kind: 'client' });
      sent.inc({ outcome: 'ok' });
    } catch (cause) {
      const error = mailError(cause);
      sent.inc({ outcome: error.reason === 'kernel.mail-refused' ? 'refused' : 'failed' });
      throw error;
    }
  }
}

/** Neither files nor addresses named inside an e-mail are ever opened. */
export function toMessage({ to, subject, text, id }: Email, from: string) {
  const domain = /@([^\s<>@]+)>?$/.exec(from)![1];
  return {
    from,
    to: { name: '', address: to },
    subject: subject.replace(/\s+/g, ' '),
    text,
    messageId: `<${id}@${domain}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function transportTo({ url, silenceMs = SILENCE_MS }: SmtpSettings) {
  const { protocol, hostname, port, username, password } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const auth = username === '' ? undefined : { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  return createTransport({
    host,
    port: port === '' ? PORT[protocol as keyof typeof PORT] : Number(port),
    secure: protocol === 'smtps:',
    requireTLS: auth !== undefined && !/^(localhost|127\..*|::1)$/.test(host),
    auth,
    connectionTimeout: Math.min(CONNECT_MS, silenceMs),
    greetingTimeout: silenceMs,
    socketTimeout: silenceMs,
    dnsTimeout: CONNECT_MS,
  });
}

/**
 * SMTP's own distinction: 5xx is final, everything else may be better later. The server's words may hold the address, so they stay inside.
 */
function mailError(cause: unknown): AppError {
  const { responseCode, code } = cause as { responseCode?: number; code?: string };
  if (code === 'EAUTH') return new AppError('unavailable', 'kernel.mail-login',
    'The mail server did not accept the user and password of ATOLL_SMTP_URL, so the letter was not sent. The operator has to mend them.',
    { cause });
  if (responseCode !== undefined && responseCode >= 500)
    return new AppError('unprocessable', 'kernel.mail-refused',
      `The mail server refused this letter for good (${responseCode}). The address may not exist, or the server may not like the sender.`,
      { cause });
  if (code === 'ETIMEDOUT') return new AppError('deadline', 'kernel.mail-timeout',
    'The mail server did not answer in time, so the letter was not sent yet.', { cause });
  return new AppError('unavailable', 'kernel.mail-unavailable',
    'The mail server could not be reached or was busy, so the letter was not sent yet.', { cause });
}
