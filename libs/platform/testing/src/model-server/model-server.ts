import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { answerTo, completion, frames } from './chat.js';
import { embeddings } from './embeddings.js';
import { fail, play } from './playback.js';
import { withQuirks } from './quirks.js';
import type { ChatRequest, ModelReply, RecordedRequest } from './reply.js';

/** A reply, or a function that makes one from the request (in-process only). */
export type Script = ModelReply | ((request: ChatRequest) => ModelReply);

/**
 * An OpenAI-compatible model that does what its script says, over a real socket: the fake stands outside the process, so that
 * client, parser, retries, timeouts and aborts under test are the real ones.
 *
 * @example
 * const model = await ModelServer.start();
 * model.next(rateLimitedReply(1), textReply('Hello there', { delayMs: 20 }));
 * new OpenAI({ baseURL: model.url, apiKey: 'any' });
 * model.requests[0]?.body.messages;
 * await model.stop();
 */
export class ModelServer {
  /** The chat and embedding requests so far, in the order of arrival. */
  readonly requests: RecordedRequest[] = [];
  /** Names that /v1/models lists; a chat request may name any. */
  models = ['scripted-model'];
  private queue: Script[] = [];
  private fallback: Script = {};
  private count = 0;

  private constructor(private readonly server: Server, private readonly keep: number) {}

  /** `keep`: how many of the latest requests stay in `requests`; a bench that sends millions keeps few. */
  static async start(options: { port?: number; host?: string; keep?: number } = {}): Promise<ModelServer> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    const model = new ModelServer(server, options.keep ?? 10_000);
    server.on('request', (request, response) => {
      model.handle(request, response).catch((error: unknown) => refuse(response, 400, String(error)));
    });
    await new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve));
    return model;
  }

  /** What `OPENAI_BASE_URL` takes. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  /** Scripts of the next requests, one each, used up in order before `always`. */
  next(...scripts: Script[]): void {
    this.queue.push(...scripts);
  }

  /** The script of every request that `next` says nothing about. */
  always(script: Script): void {
    this.fallback = script;
  }

  reset(): void {
    this.queue = [];
    this.fallback = {};
    this.requests.length = 0;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://model').pathname;
    const body = request.method === 'POST' ? (JSON.parse((await text(request)) || '{}') as ChatRequest) : undefined;
    switch (`${request.method} ${path}`) {
      case 'POST /v1/chat/completions':
        return this.chat(this.record(path, request, body!), response);
      case 'POST /v1/embeddings':
        return this.embed(this.record(path, request, body!), response);
      case 'GET /v1/models':
        return json(response, JSON.stringify({ object: 'list',
          data: this.models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'atoll-testing' })) }));
      case 'POST /script':
        this.configure(body as unknown as { next?: ModelReply[]; always?: ModelReply });
        return json(response, '{}');
      case 'GET /requests':
        return json(response, JSON.stringify(this.requests));
      default:
        return refuse(response, 404, `Unknown route ${request.method} ${path}`);
    }
  }

  private configure({ next = [], always = {} }: { next?: ModelReply[]; always?: ModelReply }): void {
    this.reset();
    this.next(...next);
    this.always(always);
  }

  private record(path: string, request: IncomingMessage, body: ChatRequest): RecordedRequest {
    const record = { path, headers: request.headers, body, sent: 0, aborted: false, finished: false };
    this.requests.push(record);
    if (this.requests.length > this.keep) this.requests.shift();
    return record;
  }

  private scripted(request: ChatRequest): ModelReply {
    const script = this.queue.shift() ?? this.fallback;
    return typeof script === 'function' ? script(request) : script;
  }

  private chat(record: RecordedRequest, response: ServerResponse): void {
    const reply = this.scripted(record.body);
    const unknown = reply.refuses?.find((field) => field in record.body);
    if (unknown !== undefined) return refuseWith(response, 400, unrecognized(unknown), reply);
    if (reply.status) return refuseWith(response, reply.status, reply.error ?? scripted(reply.status), reply);
    const answer = answerTo(record.body, reply, `chatcmpl-${++this.count}`);
    const { quirks = [], raw } = reply;
    if (record.body.stream && !quirks.includes('whole')) {
      response.writeHead(200, { ...(!quirks.includes('no-type') && { 'content-type': 'text/event-stream' }), 'cache-control': 'no-cache',
        ...(quirks.includes('gzip') && { 'content-encoding': 'gzip' }), ...reply.headers });
      response.flushHeaders();
      return play(response, raw ?? withQuirks(frames(record.body, answer), quirks, answer.usage), reply, record);
    }
    const waited = setTimeout(() => {
      if (reply.fault) return fail(response, reply.fault.kind, record);
      record.finished = true;
      json(response, raw?.join('') ?? completion(record.body, answer), reply.headers);
    }, reply.firstDelayMs ?? 0);
    response.once('close', () => {
      clearTimeout(waited);
      record.aborted = !record.finished;
    });
  }

  private embed(record: RecordedRequest, response: ServerResponse): void {
    record.finished = true;
    json(response, embeddings(record.body as never));
  }
}

function json(response: ServerResponse, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);
}

function refuse(response: ServerResponse, status: number, message: string): void {
  refuseWith(response, status, { error: { message, type: 'invalid_request_error', param: null, code: null } }, {});
}

function refuseWith(response: ServerResponse, status: number, body: unknown, { retryAfterSeconds, headers }: ModelReply): void {
  if (response.headersSent) return void response.destroy();
  const pause = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json', ...pause, ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function scripted(status: number): object {
  const type = status === 429 ? 'rate_limit_error' : status >= 500 ? 'server_error' : 'invalid_request_error';
  return { error: { message: `Scripted refusal ${status}`, type, param: null, code: null } };
}

function unrecognized(field: string): object {
  return { error: { message: `Unrecognized request argument supplied: ${field}`, type: 'invalid_request_error', param: field,
    code: null } };
}
