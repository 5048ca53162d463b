import type { Socket } from 'node:net';

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
 * the letter came and before it is taken · slow: `ms` before each answer.
 */
export type SmtpFault = { kind: 'refuse' | 'no-mailbox' | 'busy' | 'drop' } | { kind: 'slow'; ms: number };

export interface ConversationSetup {
  fault?: SmtpFault;
  login?: { user: string; password: string };
  keep: (mail: ReceivedMail) => void;
}

/** One client's conversation (RFC 5321 §3, RFC 4954 for AUTH). Commands may arrive in any pieces, several at a time. */
export class Conversation {
  private text = '';
  private mode: 'command' | 'data' | 'user' | 'password' = 'command';
  private user: string | null = null;
  private from: string | null = null;
  private to: string[] = [];
  private loginName = '';

  constructor(private readonly socket: Socket, private readonly setup: ConversationSetup) {}

  start(): void {
    this.socket.setEncoding('utf8').on('data', (piece: string) => {
      this.text += piece;
      this.read();
    });
    if (this.setup.fault?.kind === 'refuse') this.say('554 No service here', true);
    else this.say('220 fake.example ESMTP');
  }

  private read(): void {
    for (;;) {
      const end = this.mode === 'data' ? '\r\n.\r\n' : '\r\n';
      const at = this.mode === 'data' && this.text.startsWith('.\r\n') ? -2 : this.text.indexOf(end);
      if (at === -1) return;
      const part = this.text.slice(0, Math.max(0, at));
      this.text = this.text.slice(at + end.length);
      if (this.mode === 'data') this.take(part);
      else this.command(part);
    }
  }

  private command(line: string): void {
    if (this.mode === 'user') return this.askPassword(line);
    if (this.mode === 'password') return this.logIn(this.loginName, Buffer.from(line, 'base64').toString());
    const [verb = '', ...rest] = line.split(' ');
    const argument = rest.join(' ');
    switch (verb.toUpperCase()) {
      case 'EHLO':
        return this.say(this.setup.login ? '250-fake.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN' : '250-fake.example\r\n250 8BITMIME');
      case 'HELO':
      case 'NOOP':
        return this.say('250 OK');
      case 'RSET':
        [this.from, this.to] = [null, []];
        return this.say('250 OK');
      case 'AUTH':
        return this.authenticate(argument);
      case 'MAIL':
        return this.sender(argument);
      case 'RCPT':
        return this.recipient(argument);
      case 'DATA':
        if (this.to.length === 0) return this.say('503 Recipients first');
        this.mode = 'data';
        return this.say('354 Go ahead');
      case 'QUIT':
        return this.say('221 Bye', true);
      default:
        return this.say('502 Not known here');
    }
  }

  private authenticate(argument: string): void {
    const [mechanism = '', initial] = argument.split(' ');
    if (mechanism.toUpperCase() === 'PLAIN' && initial !== undefined) {
      const [, user = '', password = ''] = Buffer.from(initial, 'base64').toString().split('\0');
      return this.logIn(user, password);
    }
    if (mechanism.toUpperCase() !== 'LOGIN') return this.say('504 Not known here');
    this.mode = 'user';
    this.say('334 VXNlcm5hbWU6');
  }

  private askPassword(line: string): void {
    this.loginName = Buffer.from(line, 'base64').toString();
    this.mode = 'password';
    this.say('334 UGFzc3dvcmQ6');
  }

  private logIn(user: string, password: string): void {
    this.mode = 'command';
    const right = user === this.setup.login?.user && password === this.setup.login.password;
    if (right) this.user = user;
    this.say(right ? '235 Welcome' : '535 Wrong user or password');
  }

  private sender(argument: string): void {
    if (this.setup.login && this.user === null) return this.say('530 Log in first');
    this.from = /^FROM:<([^>]*)>/i.exec(argument)?.[1] ?? null;
    this.say(this.from === null ? '501 MAIL FROM:<address>' : '250 OK');
  }

  private recipient(argument: string): void {
    const address = /^TO:<([^>]+)>/i.exec(argument)?.[1];
    if (this.from === null || address === undefined) return this.say('503 MAIL first, then RCPT TO:<address>');
    if (this.setup.fault?.kind === 'busy') return this.say('451 Try again later');
    if (this.setup.fault?.kind === 'no-mailbox') return this.say('550 No such mailbox');
    this.to.push(address);
    this.say('250 OK');
  }

  private take(text: string): void {
    this.mode = 'command';
    if (this.setup.fault?.kind === 'drop') return void this.socket.destroy();
    this.setup.keep({ from: this.from!, to: this.to, raw: text.replace(/^\.\./gm, '.'), user: this.user });
    [this.from, this.to] = [null, []];
    this.say('250 Taken');
  }

  private say(reply: string, last = false): void {
    const { fault } = this.setup;
    const write = (): void => void (last ? this.socket.end(`${reply}\r\n`) : this.socket.write(`${reply}\r\n`));
    if (fault?.kind === 'slow') setTimeout(write, fault.ms).unref();
    else write();
  }
}
