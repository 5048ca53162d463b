import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import type { Redis } from 'ioredis';
import { newId } from '../context/ids.js';
import type { Secrets } from '../crypto/secrets.js';
import { AppError, fromErrorData } from '../errors/app-error.js';
import type { RedisClient } from '../redis/redis-client.js';
import { type CallMessage, type ControlMessage, type ReplyMessage, callStream, controlChannel, openMessage, replyChannel, sealMessage } from './call-message.js';

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
  private answers: Redis | undefined;
  private connected: Promise<void> | undefined;

  constructor(private readonly options: StreamsClientOptions) {
    super();
    this.initializeSerializer({});
    this.initializeDeserializer({});
  }

  override connect(): Promise<void> {
    this.connected ??= this.open();
    return this.connected;
  }

  override close(): void {
    this.commands?.disconnect();
    this.answers?.disconnect();
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

  /** `packet.data` is the call without its reply channel; each reply comes back whole. The teardown cancels a call still under way. */
  protected override publish(packet: ReadPacket<Omit<CallMessage, 'reply'>>, onReply: (packet: WritePacket<ReplyMessage>) => void): () => void {
    const { id, call } = packet.data;
    this.waiting.set(id, { onReply });
    const context = call.slice(0, call.indexOf('.'));
    void this.post(context, { ...packet.data, reply: this.reply }).catch((error: unknown) => onReply({ err: error }));
    return () => {
      if (this.waiting.has(id)) this.control(id, { id, cancel: true });
      this.waiting.delete(id);
    };
  }

  protected override dispatchEvent(): never {
    throw new Error('Events travel through the outbox, not through this transport.');
  }

  private async open(): Promise<void> {
    this.commands = this.options.connect();
    this.answers = this.options.listen();
    this.answers.on('message', (_channel: string, text: string) => this.onReply(text));
    await this.answers.subscribe(this.reply);
  }

  private async post(context: string, message: CallMessage): Promise<void> {
    await this.connect();
    const { secrets, limit, streamLength } = this.options;
    await this.commands!.xadd(callStream(context), 'MAXLEN', '~', streamLength, '*', 'm', sealMessage(secrets, message, limit)).catch((cause: Error) => {
      throw new AppError('unavailable', 'kernel.redis-unavailable', `${context} could not be reached: Redis did not take the call. Try again; the operator sees why in the logs.`, { cause });
    });
  }

  private onReply(text: string): void {
    const message = openMessage<ReplyMessage>(this.options.secrets, text);
    const waiting = message && this.waiting.get(message.id);
    if (!message || !waiting) return;
    waiting.server = message.from;
    const last = message.done === true || message.error !== undefined || 'result' in message;
    if (last) this.waiting.delete(message.id);
    waiting.onReply(message.error ? { err: fromErrorData(message.error) } : { response: message, isDisposed: last });
  }

  private control(id: string, message: ControlMessage): void {
    const server = this.waiting.get(id)?.server;
    if (!server || !this.commands) return;
    const { secrets, limit } = this.options;
    void this.commands.publish(controlChannel(server), sealMessage(secrets, message, limit)).catch(() => undefined);
  }
}

function closed(): AppError {
  return new AppError('unavailable', 'kernel.shutting-down', 'This process is shutting down and no longer waits for the answer. Ask again; another process will take it.');
}
