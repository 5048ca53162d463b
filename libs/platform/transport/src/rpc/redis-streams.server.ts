import { type CustomTransportStrategy, type RedisEvents, Server, type WritePacket } from '@nestjs/microservices';
import { Observable, throwError } from 'rxjs';
import { AppError, errorData, logger, newId, settledWithin, unsigned } from '#platform/core';
import { RedisLink, type RedisLinkOptions } from '../redis/redis-link.js';
import { CallConsumer, type CallConsumerOptions, MAX_DELIVERIES, type StreamEntry } from './call-consumer.js';
import { CallContext } from './call-context.js';
import { type CallMessage, callStream, type ControlMessage, controlChannel, type ReplyMessage, type StreamParts } from './call-message.js';
import type { EnvelopeDeserializer, EnvelopeSerializer } from './envelope.js';
import { FlowControl } from './flow-control.js';
import { ReplayGuard } from './replay-guard.js';
import { ReplyBatcher } from './reply-batcher.js';

export interface StreamsServerOptions extends RedisLinkOptions, CallConsumerOptions {
  serializer: EnvelopeSerializer;
  deserializer: EnvelopeDeserializer;
}

interface RunningCall {
  abort: AbortController;
  /** Of a stream. */
  flow?: FlowControl;
}

/** Parts on their way through Nest's observable: whoever made them waits until they are sent. */
interface SendableParts {
  deliver(reply: (parts: StreamParts) => Promise<unknown>): unknown;
}

/** How long a start waits for its subscription. */
const LISTEN_MS = 2_000;
const CLOSE_MS = 1_000;

/**
 * Nest transport that shares work: exactly one replica of a context takes a call (`CallConsumer`), and answers go to the caller's own
 * channel. (Nest's stock Redis transport is pub/sub: every replica handles every call, and nobody listening means lost.)
 */
export class RedisStreamsServer extends Server<RedisEvents> implements CustomTransportStrategy {
  override readonly transportId = Symbol('atoll.redis-streams');
  protected declare serializer: EnvelopeSerializer;
  private readonly log = logger('rpc');
  private readonly instance = newId();
  private readonly link: RedisLink;
  private readonly running = new Map<string, RunningCall>();
  private replies: ReplyBatcher | undefined;
  private consumer: CallConsumer | undefined;
  private guard: ReplayGuard | undefined;

  constructor(private readonly options: StreamsServerOptions) {
    super();
    this.initializeSerializer(options as object);
    this.initializeDeserializer(options as object);
    this.link = new RedisLink(options);
    this.link.onStatus((status) => this._status$.next(status));
  }

  /** Hears the events of both connections to Redis, now and after `listen()`. */
  override on<Event extends keyof RedisEvents>(event: Event, callback: RedisEvents[Event]): void {
    this.link.on(event, callback);
  }

  /** The connections to Redis: for commands and for what callers say. */
  override unwrap<T>(): T {
    return this.link.unwrap() as T;
  }

  /** Of a Redis that is away a start does not wait for long: calls are taken from the moment it is there. */
  override async listen(callback: () => void): Promise<void> {
    await settledWithin(this.start(), LISTEN_MS);
    callback();
  }

  /** Takes no new calls and lets those under way end; what is cut off is taken over by another replica. */
  override async close(): Promise<void> {
    await this.consumer?.stop();
    for (const { abort } of this.running.values()) abort.abort();
    if (this.replies) await settledWithin(this.replies.idle(), CLOSE_MS);
    this.link.close();
  }

  private open<M>(text: string, channel: string): M | undefined {
    return this.deserializer.deserialize(text, { channel }) as M | undefined;
  }

  private async start(): Promise<void> {
    this.link.open();
    const { commands, subscriber } = this.link;
    const replies = new ReplyBatcher(commands, this.serializer);
    this.replies = replies;
    this.guard = new ReplayGuard(commands);
    subscriber.on('message', (_channel: string, text: string) => this.onControl(text));
    const subscribed = subscriber.subscribe(controlChannel(this.instance));
    this.consumer = new CallConsumer(this.options, this.instance, commands, {
      take: (entry) => this.take(entry),
      giveUp: (entry) => this.giveUp(entry),
      flush: () => replies.flush(),
    });
    await Promise.all([subscribed, this.consumer.start()]).catch((error: unknown) => this.log.debug({ err: error }, 'not subscribed'));
  }

  private take(entry: StreamEntry): void {
    const message = this.open<CallMessage>(entry.text, callStream(entry.context));
    if (!message) this.log.error({ context: entry.context }, unsigned('a call'));
    if (!message || message.deadline < Date.now()) this.end(entry);
    else if (message.repeatable) this.begin(message, entry);
    else void this.beginOnce(message, entry);
  }

  private begin(message: CallMessage, entry: StreamEntry): void {
    this.handleMessage(message, entry).catch((error: unknown) => this.log.error({ err: error }, 'a call could not be handled'));
  }

  private async beginOnce(message: CallMessage, entry: StreamEntry): Promise<void> {
    const { call } = message;
    try {
      if (await this.guard!.isFirst(message, entry.entry)) return this.begin(message, entry);
      this.log.error({ call }, 'dropped a call that was put into its stream twice; check who can write to Redis');
    } catch (error) {
      this.log.warn({ err: error, call }, 'dropped a call that Redis could not tell from a copy; its caller hears so at its deadline');
    }
    this.end(entry);
  }

  private async handleMessage(message: CallMessage, entry: StreamEntry): Promise<void> {
    const running: RunningCall = { abort: new AbortController() };
    const { signal } = running.abort;
    this.running.set(message.id, running);
    const timer = setTimeout(() => running.abort.abort(), Math.max(0, message.deadline - Date.now()));
    const context = new CallContext([message, signal]);
    const over = (): void => {
      clearTimeout(timer);
      this.running.delete(message.id);
      this.end(entry);
    };
    const input = message.input ?? undefined;
    if (message.reply === undefined) return this.handleEvent(message.call, { pattern: message.call, data: input }, context).finally(over);
    const respond = this.responder(message, running, over);
    const handler = this.messageHandlers.get(message.call);
    if (!handler) return void respond({ err: unknownCall(message.call), isDisposed: true });
    return this.handleRequest(context, async () => {
      try {
        const answer: unknown = await handler(input, context);
        if (!isStream(answer)) return this.transformToObservable(answer);
        clearTimeout(timer);
        running.flow = new FlowControl(signal);
        return partsOf(answer, running.flow);
      } catch (error) {
        return throwError(() => error);
      }
    }, respond);
  }

  /** Sends what Nest hands over of an answer to the caller. */
  private responder(message: CallMessage, running: RunningCall, over: () => void): (packet: WritePacket<unknown>) => Promise<void> {
    const reply = (answer: Omit<ReplyMessage, 'id' | 'from'>): Promise<unknown> =>
      this.replies!.reply(message.reply!, { id: message.id, from: this.instance, ...answer });
    return async ({ err, response, isDisposed }) => {
      let last: Promise<unknown> | undefined;
      try {
        if (err !== undefined) last = reply({ error: errorData(err) });
        else if (running.flow) {
          if (response !== undefined) (response as SendableParts).deliver(reply);
          if (isDisposed) last = reply({ done: true });
        } else last = reply({ result: response ?? null });
      } catch (error) {
        last = reply({ error: errorData(error) });
      }
      if (isDisposed) over();
      await last?.catch((error: unknown) => this.log.warn({ err: error }, 'could not answer a call'));
    };
  }

  private end(entry: StreamEntry): void {
    this.consumer!.release(entry);
    this.replies!.dispose(entry.context, entry.entry);
  }

  private giveUp(entry: StreamEntry): void {
    const message = this.open<CallMessage>(entry.text, callStream(entry.context));
    if (message?.reply) void this.responder(message, { abort: new AbortController() }, () => undefined)({ err: tooOften(message.call) });
    this.replies!.dispose(entry.context, entry.entry);
  }

  private onControl(text: string): void {
    const message = this.open<ControlMessage>(text, controlChannel(this.instance));
    const call = message && this.running.get(message.id);
    if (message?.cancel) call?.abort.abort();
    if (message?.credit) call?.flow?.credit(message.credit);
  }
}

/** The parts of a stream as an observable. An empty first batch tells the caller at once who serves it: where to cancel. */
function partsOf(source: AsyncIterable<unknown>, flow: FlowControl): Observable<SendableParts> {
  return new Observable((observer) => {
    const send = (parts: unknown[], seq: number): Promise<unknown> => new Promise((resolve, reject) => {
      observer.next({ deliver: (reply) => Promise.resolve({ seq, parts }).then(reply).then(resolve, reject) });
    });
    send([], 0).then(() => flow.run(source, send)).then(() => observer.complete(), (error: unknown) => observer.error(error));
  });
}

function isStream(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}

function unknownCall(call: string): AppError {
  const text = `${call} is not known to the version of its context that is running. Deploy the context before its callers.`;
  return new AppError('unavailable', 'kernel.unknown-call', text);
}

function tooOften(call: string): AppError {
  const text = `${call} ended ${MAX_DELIVERIES} processes that tried it, so it is not tried again. The logs of those processes say why.`;
  return new AppError('unavailable', 'kernel.call-given-up', text);
}
