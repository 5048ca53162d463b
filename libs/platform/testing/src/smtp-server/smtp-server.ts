import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { Conversation, type ReceivedMail, type SmtpFault } from './conversation.js';

/**
 * An SMTP server (RFC 5321, AUTH PLAIN and LOGIN) that the real client talks to over a real socket, and that fails when told to.
 *
 * @example
 * const smtp = await SmtpServer.start();
 * smtp.next({ kind: 'busy' });
 * await bootContexts([context], { env: smtp.env });
 * (await eventually(() => smtp.to('ada@example.org'))).text;
 */
export class SmtpServer {
  readonly received: ReceivedMail[] = [];
  /** Conversations so far, failed ones included. */
  conversations = 0;
  private faults: SmtpFault[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server, private readonly login?: { user: string; password: string }) {}

  /** With `login` only who logs in as that may send. */
  static async start(login?: { user: string; password: string }): Promise<SmtpServer> {
    const server = createServer();
    const smtp = new SmtpServer(server, login);
    server.on('connection', (socket) => smtp.greet(socket));
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return smtp;
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    const who = this.login ? `${encodeURIComponent(this.login.user)}:${encodeURIComponent(this.login.password)}@` : '';
    return `smtp://${who}127.0.0.1:${port}`;
  }

  /** Settings that make an application send its mail here. */
  get env(): Record<string, string> {
    return { ATOLL_SMTP_URL: this.url, ATOLL_MAIL_FROM: 'Atoll <atoll@example.org>' };
  }

  /** Faults of the next conversations, one each. */
  next(...faults: SmtpFault[]): void {
    this.faults.push(...faults);
  }

  /** The latest letter to an address, decoded; throws while there is none, for `eventually`. */
  to(address: string): { subject: string; text: string } {
    const mail = this.received.findLast(({ to }) => to.includes(address));
    if (!mail) throw new Error(`no letter to ${address} yet; there are ${this.received.length} others`);
    return readLetter(mail.raw);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private greet(socket: Socket): void {
    this.conversations += 1;
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    new Conversation(socket, { fault: this.faults.shift(), login: this.login, keep: (mail) => this.received.push(mail) }).start();
  }
}

/** Subject and plain text of a letter as our client writes them: 7-bit, quoted-printable or base64. */
export function readLetter(raw: string): { subject: string; text: string } {
  const [head = '', ...rest] = raw.split(/\r?\n\r?\n/);
  const headers = head.replace(/\r?\n[ \t]+/g, ' ');
  const header = (name: string): string => new RegExp(`^${name}: *(.*)$`, 'im').exec(headers)?.[1] ?? '';
  const boundary = /boundary="([^"]+)"/.exec(header('content-type'))?.[1];
  const body = rest.join('\n\n');
  if (boundary !== undefined) return { subject: decodeWords(header('subject')), text: readLetter(body.split(`--${boundary}`)[1]!.trimStart()).text };
  const encoding = header('content-transfer-encoding').toLowerCase();
  const bytes = encoding === 'base64' ? Buffer.from(body, 'base64') : encoding === 'quoted-printable' ? quotedPrintable(body.replace(/=\r?\n/g, '')) : Buffer.from(body);
  return { subject: decodeWords(header('subject')), text: bytes.toString().replaceAll('\r\n', '\n') };
}

function decodeWords(text: string): string {
  return text.replace(/\?=\s+=\?/g, '?==?').replace(/=\?utf-8\?([QB])\?(.*?)\?=/gi, (_, kind: string, word: string) =>
    (kind.toUpperCase() === 'B' ? Buffer.from(word, 'base64') : quotedPrintable(word.replaceAll('_', ' '))).toString());
}

function quotedPrintable(text: string): Buffer {
  return Buffer.from(text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1');
}
