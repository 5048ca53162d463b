import type { InjectOptions } from 'light-my-request';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** One request as a shape words it; the principal's token comes on top. */
export interface Ask {
  method: string;
  path: string;
  query?: Record<string, string | string[]>;
  headers?: Record<string, string>;
  body?: unknown;
  /**
   * Sent as a multipart form with one file of this name, and of content that hangs on the name: the same bytes again are the same document.
   */
  fileName?: string;
}

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
}

/** Where the widgets stand; a visitor's requests come from there. */
export const PAGE = 'https://shop.example';

const BOUNDARY = 'atoll-matrix-boundary';
const FILE = '# Handbook\n\nThe ferry leaves the pier every twenty minutes, and the harbour office opens at nine.';

/** Sends requests from an address nobody else has, so that no throttle of one probe meets another's. */
export class Wire {
  sent = 0;

  constructor(private readonly app: NestFastifyApplication) {}

  async send({ method, path, query, headers = {}, body, fileName }: Ask, token?: string): Promise<Answer> {
    this.sent += 1;
    const [payload, type] = fileName === undefined ? [body, body === undefined ? undefined : 'application/json']
      : [form(fileName), `multipart/form-data; boundary=${BOUNDARY}`];
    const response = await this.app.inject({
      method: method as InjectOptions['method'],
      url: path,
      query,
      remoteAddress: `10.${(this.sent >> 16) & 255}.${(this.sent >> 8) & 255}.${this.sent & 255}`,
      headers: { ...(type && { 'content-type': type }), ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(token?.startsWith('atv_') && { origin: PAGE }), ...headers },
      ...(payload !== undefined && { payload: typeof payload === 'string' ? payload : JSON.stringify(payload) }),
    });
    return { status: response.statusCode, headers: response.headers, text: response.body };
  }

  /** For setting the stage: throws unless it was served. */
  async need<T>(ask: Ask, token?: string): Promise<T> {
    const { status, text } = await this.send(ask, token);
    if (status >= 300) throw new Error(`${ask.method} ${ask.path} answered ${status}: ${text.slice(0, 300)}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

function form(fileName: string): string {
  return `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="${fileName}"\r\ncontent-type: ` +
    `text/markdown\r\n\r\n${FILE}\n\n${fileName.split('/').at(-1)}\r\n--${BOUNDARY}--\r\n`;
}
