import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import type { Redis } from 'ioredis';
import { AppError, fromErrorData, newId, type Secrets } from '#platform/core';
import type { RedisClient } from '../redis/redis-client.js';
import { type CallMessage, type ControlMessage, type ReplyMessage, callStream, controlChannel, messageJson, openMessage, replyChannel, sealJson } from './call-message.js';
import { TurnBatch } from './turn-batch.js';

export interface StreamsClientOptions {
  /** For commands; and to hear answers. */
  connect: () => RedisClient;
  listen: () => Redis;
  secrets: Secrets;
  /** Longest message in characters. */
  limit: number;
  /** Entries kept in a context's stream at most: calls nobody took are past their deadline long before. */
  streamLength: number;
}

interface Waiting {
  onReply: (packet: WritePacket<ReplyMessage>) => void;
  /** The instance that serves the call, once it has said something. */
  server?: string;
}

/** The caller's half of the transport: puts calls on a context's stream and listens on a channel of its own for the answers. */
export class RedisStreamsClient extends ClientProxy {
  private readonly reply = replyChannel(newId());
  private readonly waiting = new Map<string, Waiting>();
  private commands: RedisClient | undefined;
  private batch: TurnBatch;
  private answers: Redis | undefined;
  private connected: Promise<void> | undefined;

  constructor(private readonly options: StreamsClientOptions) {
    super();
    this.initializeSerializer({});
    this.initializeDeserializer({});
  }

  /** A Redis that is away at the first call is looked for again by the next one. */
  override connect(): Promise<void> {
    this.connected ??= this.open().catch((error: unknown) => {
      this.connected = undefined;
      this.disconnect();
      throw error;
    });
    return this.connected;
  }

  override close(): void {
    this.disconnect();
    for (const { onReply } of this.waiting.values()) onReply({ err: closed() });
    this.waiting.clear();
  }

  override unwrap<T>(): T {
    return this.commands as T;
  }

  /** Tells the serving instance that the caller has room for more parts. */
  grant(id: string, parts: number): void {
    this.control(id, { id, credit: parts });
  }

  /** Puts a call on its context's stream; each piece of the answer comes back whole. What is returned cancels a call still under way. */
  call(message: Omit<CallMessage, 'reply'>, onReply: (packet: WritePacket<ReplyMessage>) => void): () => void {
    const { id, call } = message;
    this.waiting.set(id, { onReply });
    this.post(call.slice(0, call.indexOf('.')), { ...message, reply: this.reply }).catch((error: unknown) => {
      this.waiting.delete(id);
      onReply({ err: error });
    });
    return () => {
      if (this.waiting.has(id)) this.control(id, { id, cancel: true });
      this.waiting.delete(id);
    };
  }

  protected override publish(packet: ReadPacket<Omit<CallMessage, 'reply'>>, onReply: (packet: WritePacket<ReplyMessage>) => void): () => void {
    return this.call(packet.data, onReply);
  }

  protected override dispatchEvent(): never {
    throw new Error('Events travel through the outbox, not through this transport.');
  }

  private async open(): Promise<void> {
    this.commands = this.options.connect();
    this.batch = new TurnBatch(this.commands);
    this.answers = this.options.listen();
    this.answers.on('message', (_channel: string, text: string) => this.onReplies(text));
    await this.answers.subscribe(this.reply);
  }

  private disconnect(): void {
    this.commands?.disconnect();
    this.answers?.disconnect();
  }

  private async post(context: string, message: CallMessage): Promise<void> {
    const { secrets, limit, streamLength } = this.options;
    const text = sealJson(secrets, messageJson(message, limit));
    try {
      await this.connect();
      await this.batch.send('XADD', callStream(context), 'MAXLEN', '~', streamLength, '*', 'm', text);
    } catch (cause) {
      throw new AppError('unavailable', 'kernel.redis-unavailable', `${context} could not be reached: Redis did not take the call. Try again; the operator sees why in the logs.`, { cause });
    }
  }

  private onReplies(text: string): void {
    for (const message of openMessage<ReplyMessage[]>(this.options.secrets, text) ?? []) this.onReply(message);
  }

  private onReply(message: ReplyMessage): void {
    const waiting = this.waiting.get(message.id);
    if (!waiting) return;
    waiting.server = message.from;
    const last = message.done === true || message.error !== undefined || 'result' in message;
    if (last) this.waiting.delete(message.id);
    waiting.onReply(message.error ? { err: fromErrorData(message.error) } : { response: message, isDisposed: last });
  }

  private control(id: string, message: ControlMessage): void {
    const server = this.waiting.get(id)?.server;
    if (!server) return;
    const { secrets, limit } = this.options;
    void this.batch.send('PUBLISH', controlChannel(server), sealJson(secrets, messageJson(message, limit))).catch(() => undefined);
  }
}

function closed(): AppError {
  return new AppError('unavailable', 'kernel.shutting-down', 'This process is shutting down and no longer waits for the answer. Ask again; another process will take it.');
}
