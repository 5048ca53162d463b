import { ClientProxy, type ReadPacket, type RedisEvents, type WritePacket } from '@nestjs/microservices';
import { AppError, fromErrorData, newId } from '#platform/core';
import { PipelineBatcher } from '../redis/pipeline-batcher.js';
import { RedisLink, type RedisLinkOptions } from '../redis/redis-link.js';
import {
  type CallMessage, CallRecord, callStream, type ControlMessage, controlChannel, type ReplyMessage, replyChannel,
} from './call-message.js';
import type { EnvelopeDeserializer, EnvelopeSerializer } from './envelope.js';

interface StreamsClientOptions extends RedisLinkOptions {
  serializer: EnvelopeSerializer;
  deserializer: EnvelopeDeserializer;
  /** Entries kept in a context's stream at most: calls nobody took are past their deadline long before. */
  streamLength: number;
}

/**
 * The caller's half of the transport: puts calls on a context's stream and listens on a channel of its own for the answers. `send()`
 * gives the result of a call, or a stream's parts as `StreamParts`.
 */
export class RedisStreamsClient extends ClientProxy<RedisEvents> {
  protected declare serializer: EnvelopeSerializer;
  private readonly link: RedisLink;
  private readonly reply = replyChannel(newId());
  /** The instance that serves a stream, once it has said something. */
  private readonly hosts = new Map<string, string>();
  private batch: PipelineBatcher;
  private connected: Promise<void> | undefined;

  constructor(private readonly options: StreamsClientOptions) {
    super();
    this.initializeSerializer(options as object);
    this.initializeDeserializer(options as object);
    this.link = new RedisLink(options);
    this.link.onStatus((status) => this._status$.next(status));
  }

  /** A Redis that is away at the first call is looked for again by the next one. */
  override connect(): Promise<void> {
    this.connected ??= this.open().catch((error: unknown) => {
      this.connected = undefined;
      this.link.close();
      throw error;
    });
    return this.connected;
  }

  override close(): void {
    this.link.close();
    const callbacks = [...this.routingMap.values()];
    this.routingMap.clear();
    this.hosts.clear();
    for (const callback of callbacks) callback({ err: closed() });
  }

  /** Hears the events of both connections to Redis, now and after `connect()`. */
  override on<Event extends keyof RedisEvents>(event: Event, callback: RedisEvents[Event]): void {
    this.link.on(event, callback);
  }

  /** The connections to Redis: for commands and for answers. */
  override unwrap<T>(): T {
    return this.link.unwrap() as T;
  }

  /** Tells the instance that serves a stream that the caller has room for more parts. */
  grant(id: string, parts: number): void {
    this.control({ id, credit: parts });
  }

  /** Puts a call on its context's stream. What is returned cancels a call still under way. */
  protected override publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const record = CallRecord.of(packet.data);
    const { id } = record;
    this.routingMap.set(id, callback);
    this.post({ ...record, call: packet.pattern as string, reply: this.reply }).catch((err: unknown) => {
      if (this.routingMap.delete(id)) callback({ err });
    });
    return () => {
      if (this.routingMap.delete(id)) this.control({ id, cancel: true });
      this.hosts.delete(id);
    };
  }

  /** One replica of the context handles it; resolves when Redis has it. What must not be lost is an event of the outbox instead. */
  protected override async dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    return (await this.post({ ...CallRecord.of(packet.data), call: packet.pattern as string })) as T;
  }

  private async open(): Promise<void> {
    this.link.open();
    const { commands, subscriber } = this.link;
    this.batch = new PipelineBatcher(commands);
    subscriber.on('message', (_channel: string, text: string) => this.onReplies(text));
    await subscriber.subscribe(this.reply);
  }

  private async post(message: CallMessage): Promise<unknown> {
    const context = message.call.slice(0, message.call.indexOf('.'));
    const channel = callStream(context);
    const text = this.serializer.serialize(message, { channel });
    return this.batch.send('XADD', channel, 'MAXLEN', '~', this.options.streamLength, '*', 'm', text);
  }

  private onReplies(text: string): void {
    const replies = this.deserializer.deserialize(text, { channel: this.reply }) as unknown as ReplyMessage[] | undefined;
    for (const reply of replies ?? []) this.onReply(reply);
  }

  private onReply({ id, from, seq, parts, result, error, done }: ReplyMessage): void {
    const callback = this.routingMap.get(id);
    if (!callback) return;
    if (parts) {
      this.hosts.set(id, from);
      callback({ response: { seq, parts } });
      return;
    }
    this.routingMap.delete(id);
    this.hosts.delete(id);
    callback(error ? { err: fromErrorData(error) } : done ? { isDisposed: true } : { response: result, isDisposed: true });
  }

  private control(message: ControlMessage): void {
    const host = this.hosts.get(message.id);
    if (!host) return;
    const channel = controlChannel(host);
    void this.batch.send('PUBLISH', channel, this.serializer.serialize(message, { channel })).catch(() => undefined);
  }
}

function closed(): AppError {
  const text = 'This process is shutting down and no longer waits for the answer. Ask again; another process will take it.';
  return new AppError('unavailable', 'kernel.shutting-down', text);
}
