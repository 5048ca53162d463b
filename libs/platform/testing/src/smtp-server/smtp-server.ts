import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  from: string;
  to: string[];
  /** Headers and body as they came, dots unstuffed. */
  raw: string;
  /** Whether the client logged in first. */
  user: string | null;
}

/**
 * refuse: 554 instead of a greeting · no-mailbox: 550 for the recipient · busy: 451 for the recipient · drop: the line is cut after
 * the e-mail came and before it is taken · slow: `ms` before the greeting.
 */
export type SmtpFault = { kind: 'refuse' | 'no-mailbox' | 'busy' | 'drop' } | { kind: 'slow'; ms: number };

/** What a connection's fault makes the server answer. */
const REPLIES = { 'refuse': [554, 'No service here'], 'no-mailbox': [550, 'No such mailbox'], 'busy': [451, 'Try again later'] } as const;

/**
 * An SMTP server (smtp-server, from npm) that the real client talks to over a real socket, and that fails when told to.
 *
 * @example
 * const smtp = await SmtpServer.start();
 * smtp.next({ kind: 'busy' });
 * await bootContexts([context], { env: smtp.env });
 * (await eventually(() => smtp.to('ada@example.org'))).text;
 */
export class SmtpServer {
  readonly received: ReceivedMail[] = [];
  private readonly faults: SmtpFault[] = [];
  /** By the port the client came from. */
  private readonly connections = new Map<number, { socket: Socket; fault?: SmtpFault }>();
  private readonly server: SMTPServer;

  private constructor(private readonly login?: { user: string; password: string }) {
    this.server = new SMTPServer({
      authOptional: login === undefined,
      disabledCommands: login ? ['STARTTLS'] : ['STARTTLS', 'AUTH'],
      disableReverseLookup: true,
      closeTimeout: 1,
      onAuth: ({ username, password }, _session, done) =>
        username === login?.user && password === login?.password
          ? done(null, { user: username })
          : done(new Error('Wrong user or password')),
      onConnect: ({ remotePort }, done) => {
        const fault = this.connections.get(remotePort)?.fault;
        if (fault?.kind === 'slow') setTimeout(done, fault.ms).unref();
        else done(fault?.kind === 'refuse' ? refusal(fault.kind) : undefined);
      },
      onRcptTo: (_address, { remotePort }, done) => {
        const kind = this.connections.get(remotePort)?.fault?.kind;
        done(kind === 'busy' || kind === 'no-mailbox' ? refusal(kind) : undefined);
      },
      onData: (stream, { remotePort, envelope, user }, done) => {
        void text(stream).then((raw) => {
          const { socket, fault } = this.connections.get(remotePort)!;
          if (fault?.kind === 'drop') return socket.destroy();
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          this.received.push({ from, to: envelope.rcptTo.map(({ address }) => address), raw, user: user ?? null });
          return done();
        });
      },
    });
    this.server.on('error', () => undefined);
    this.server.server.on('connection', (socket: Socket) =>
      this.connections.set(socket.remotePort!, { socket, fault: this.faults.shift() }));
  }

  /** With `login` only who logs in as that may send. */
  static async start(login?: { user: string; password: string }): Promise<SmtpServer> {
    const smtp = new SmtpServer(login);
    await new Promise<void>((resolve) => smtp.server.listen(0, '127.0.0.1', resolve));
    return smtp;
  }

  get url(): string {
    const { port } = this.server.server.address() as AddressInfo;
    const who = this.login ? `${encodeURIComponent(this.login.user)}:${encodeURIComponent(this.login.password)}@` : '';
    return `smtp://${who}127.0.0.1:${port}`;
  }

  /** Settings that make an application send its mail here. */
  get env(): Record<string, string> {
    return { ATOLL_SMTP_URL: this.url, ATOLL_MAIL_FROM: 'Atoll <atoll@example.org>' };
  }

  /** Faults of the next connections, one each. */
  next(...faults: SmtpFault[]): void {
    this.faults.push(...faults);
  }

  /** The latest e-mail to an address, decoded; throws while there is none, for `eventually`. */
  to(address: string): { subject: string; text: string } {
    const mail = this.received.findLast(({ to }) => to.includes(address));
    if (!mail) throw new Error(`no e-mail to ${address} yet; there are ${this.received.length} others`);
    return readEmail(mail.raw);
  }

  async stop(): Promise<void> {
    for (const { socket } of this.connections.values()) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(resolve));
  }
}

function refusal(kind: keyof typeof REPLIES): Error {
  const [responseCode, message] = REPLIES[kind];
  return Object.assign(new Error(message), { responseCode });
}

/** Subject and plain text of an e-mail as our client writes them: 7-bit, quoted-printable or base64. */
export function readEmail(raw: string): { subject: string; text: string } {
  const [head = '', ...rest] = raw.split(/\r?\n\r?\n/);
  const headers = head.replace(/\r?\n[ \t]+/g, ' ');
  const header = (name: string): string => new RegExp(`^${name}: *(.*)$`, 'im').exec(headers)?.[1] ?? '';
  const boundary = /boundary="([^"]+)"/.exec(header('content-type'))?.[1];
  const body = rest.join('\n\n');
  if (boundary !== undefined) {
    return { subject: decodeWords(header('subject')), text: readEmail(body.split(`--${boundary}`)[1]!.trimStart()).text };
  }
  const encoding = header('content-transfer-encoding').toLowerCase();
  const bytes = encoding === 'base64' ? Buffer.from(body, 'base64')
    : encoding === 'quoted-printable' ? quotedPrintable(body.replace(/=\r?\n/g, '')) : Buffer.from(body);
  return { subject: decodeWords(header('subject')), text: bytes.toString().replaceAll('\r\n', '\n') };
}

function decodeWords(text: string): string {
  return text.replace(/\?=\s+=\?/g, '?==?').replace(/=\?utf-8\?([QB])\?(.*?)\?=/gi, (_, kind: string, word: string) =>
    (kind.toUpperCase() === 'B' ? Buffer.from(word, 'base64') : quotedPrintable(word.replaceAll('_', ' '))).toString());
}

function quotedPrintable(text: string): Buffer {
  return Buffer.from(text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1');
}
