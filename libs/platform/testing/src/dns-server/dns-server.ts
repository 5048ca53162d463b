import { type Socket, createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';

const TXT = 16;
const NO_SUCH_NAME = 3;
const SERVER_FAILURE = 2;

/**
 * A DNS server (RFC 1035) that knows TXT records, over a real socket.
 *
 * @example
 * const dns = await DnsServer.start();
 * dns.txt.set('_challenge.example.org', ['word']);
 */
export class DnsServer {
  /** Names in lower case, and their records. */
  readonly txt = new Map<string, string[]>();
  /** Answers every question with a failure. */
  broken = false;

  private constructor(private readonly socket: Socket) {}

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4');
    const dns = new DnsServer(socket);
    socket.on('message', (question, from) => socket.send(dns.answer(question), from.port, from.address));
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return dns;
  }

  get address(): string {
    return `127.0.0.1:${(this.socket.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(() => resolve()));
  }

  private answer(question: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    while (question[at]) {
      labels.push(question.toString('latin1', at + 1, at + 1 + question[at]!));
      at += question[at]! + 1;
    }
    const asked = question.subarray(12, at + 5);
    const records = question.readUInt16BE(at + 1) === TXT ? (this.txt.get(labels.join('.').toLowerCase()) ?? []) : [];
    const header = Buffer.alloc(12);
    question.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (this.broken ? SERVER_FAILURE : records.length === 0 ? NO_SUCH_NAME : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(this.broken ? 0 : records.length, 6);
    return Buffer.concat([header, asked, ...(this.broken ? [] : records.map(record))]);
  }
}

/** Texts over 255 bytes come in parts. */
function record(text: string): Buffer {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    parts.push(Buffer.from([part.length]), part);
  }
  const data = Buffer.concat(parts);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(TXT, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
