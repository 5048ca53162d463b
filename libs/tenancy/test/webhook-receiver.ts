import { createHmac } from 'node:crypto';
import { type IncomingHttpHeaders, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  id: string;
  sequences: number[];
  actions: string[];
  headers: IncomingHttpHeaders;
  body: string;
}

/** A real endpoint for webhooks; `answer` is a status, or what it does in place of answering. */
export class WebhookReceiver {
  readonly received: Received[] = [];
  answer: number | 'drop' | 'silent' = 204;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<WebhookReceiver> {
    const server = createServer((request, response) => {
      void (async () => {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        const entries = (JSON.parse(body) as { data: { entries: { entry: { sequence: number; action: string } }[] } }).data.entries.map(
          ({ entry }) => entry);
        receiver.received.push({ id: String(request.headers['webhook-id']), sequences: entries.map(({ sequence }) => sequence),
          actions: entries.map(({ action }) => action), headers: request.headers, body });
        if (receiver.answer === 'drop') request.socket.destroy();
        else if (receiver.answer !== 'silent')
          response.writeHead(receiver.answer, receiver.answer === 302 ? { location: '/elsewhere' } : {}).end();
      })();
    });
    const receiver = new WebhookReceiver(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** Written apart from the code under test, by the text of Standard Webhooks. */
export function isSigned({ headers, body }: Pick<Received, 'headers' | 'body'>, secret: string): boolean {
  const [id, at, given] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => String(headers[name]));
  const expected = createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64')).update([id, at, body].join('.'))
    .digest('base64');
  return given === `v1,${expected}` && Math.abs(Date.now() / 1_000 - Number(at)) < 60;
}
