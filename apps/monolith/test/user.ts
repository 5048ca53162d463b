import { eventually } from '#platform/testing';

export interface StreamedEvent {
  id: number;
  event: string;
  data: Record<string, unknown>;
}

export interface Answer {
  text: string;
  citations: { documentName: string; heading: string | null; page: number | null; start: number; end: number; documentId: string;
    chunkId: string; text: string }[];
  outcome: string;
  runId: string;
  events: StreamedEvent[];
}

/** A stream that did not begin: the problem is its message. */
export class Refused extends Error {
  constructor(readonly status: number, readonly text: string) {
    super(`${status} ${text}`);
  }
}

/** A person with an address and a key, over real HTTP: everything the end-to-end specs do to Atoll, they do through this. */
export class User {
  constructor(
    readonly url: string,
    readonly key?: string,
  ) {}

  /** The same person, asking another process. */
  at(url: string): User {
    return new User(url, this.key);
  }

  async send<T = Record<string, unknown>>(method: string, path: string, body?: unknown,
    headers: Record<string, string> = {}): Promise<{ status: number; body: T; headers: Headers }> {
    const json = body !== undefined && !(body instanceof FormData);
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...(this.key !== undefined && { authorization: `Bearer ${this.key}` }),
        ...(json && { 'content-type': 'application/json' }), ...headers },
      body: json ? JSON.stringify(body) : (body as FormData | undefined),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers,
      body: (text && /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text) as T };
  }

  /** Uploads a file and waits until it can be asked about. */
  async upload(name: string, bytes: Uint8Array | string): Promise<string> {
    const form = new FormData();
    form.append('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
    const { status, body } = await this.send<{ id: string }>('POST', '/v1/knowledge/files', form);
    expect(status).toBe(202);
    await eventually(async () => expect((await this.send('GET', `/v1/knowledge/files/${body.id}`)).body).toMatchObject({ state: 'ready' }),
      { timeoutMs: 30_000 });
    return body.id;
  }

  async converse(): Promise<string> {
    return (await this.send<{ id: string }>('POST', '/v1/conversations', {})).body.id;
  }

  async ask(conversationId: string, text: string): Promise<Answer> {
    const events: StreamedEvent[] = [];
    for await (const event of this.stream('POST', `/v1/conversations/${conversationId}/messages`, { body: { text } })) events.push(event);
    const end = events.at(-1)!;
    const data = end.data as unknown as Omit<Answer, 'events'>;
    return { ...data, events };
  }

  /** Server-sent events until the server ends the stream, or the caller stops reading. */
  async *stream(method: string, path: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {}): AsyncGenerator<StreamedEvent> {
    const abort = new AbortController();
    const response = await fetch(`${this.url}${path}`, {
      method,
      signal: abort.signal,
      headers: { authorization: `Bearer ${this.key}`, accept: 'text/event-stream',
        ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Refused(response.status, await response.text());
    let rest = '';
    try {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + chunk).split('\n\n');
        rest = blocks.pop()!;
        for (const block of blocks) {
          const event = parse(block);
          if (event) yield event;
        }
      }
    } finally {
      abort.abort();
    }
  }
}

function parse(block: string): StreamedEvent | undefined {
  const fields = new Map(block.split('\n').filter((line) => !line.startsWith(':'))
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]));
  const event = fields.get('event');
  return event === undefined ? undefined
    : { id: Number(fields.get('id')), event, data: JSON.parse(fields.get('data') ?? '{}') as Record<string, unknown> };
}
