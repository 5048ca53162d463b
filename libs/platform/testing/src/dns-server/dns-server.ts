import { Packet, createServer } from 'dns2';

const { SERVFAIL, NXDOMAIN, NOERROR } = Packet.RCODE;

/**
 * A DNS server (dns2) that knows TXT records, over a real socket.
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
  /** `127.0.0.1` and the port, once it listens. */
  address = '';
  private readonly server = createServer({ udp: true, handle: (request, send) => void send(this.answer(request)) });

  static async start(): Promise<DnsServer> {
    const dns = new DnsServer();
    const { udp } = await dns.server.listen({ udp: { port: 0, address: '127.0.0.1' } });
    dns.address = `127.0.0.1:${udp!.port}`;
    return dns;
  }

  async stop(): Promise<void> {
    await this.server.close();
  }

  private answer(request: Packet): Packet {
    const response = Packet.createResponseFromRequest(request);
    const [question] = request.questions;
    const records = !this.broken && question?.type === Packet.TYPE.TXT ? (this.txt.get(question.name.toLowerCase()) ?? []) : [];
    response.header.rcode = this.broken ? SERVFAIL : records.length === 0 ? NXDOMAIN : NOERROR;
    // Texts over 255 bytes come in parts.
    for (const text of records) {
      response.answers.push(Packet.createResourceFromQuestion(question!, { ttl: 60, data: text.match(/.{1,255}/gs) ?? [''] }));
    }
    return response;
  }
}
