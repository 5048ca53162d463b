import type { RedisClient } from '../redis/redis-client.js';
import { PipelineBatcher } from '../redis/pipeline-batcher.js';
import { type ReplyMessage, callStream } from './call-message.js';
import type { EnvelopeSerializer } from './envelope.js';

interface EncodedReply {
  json: string;
  sent: (sent: Promise<unknown>) => void;
}

/**
 * What a host sends back: answers that became ready in one turn of the event loop leave together, those for one caller in one message under
 * one signature, and with them in the same write what was done is taken off the contexts' streams.
 */
export class ReplyBatcher {
  private readonly batch: PipelineBatcher;
  private readonly replies = new Map<string, EncodedReply[]>();
  private readonly done = new Map<string, string[]>();

  constructor(
    redis: RedisClient,
    private readonly serializer: EnvelopeSerializer,
  ) {
    this.batch = new PipelineBatcher(redis, () => this.gather());
  }

  /** Throws where it is longer than may be sent; else resolves when Redis has it. */
  reply(channel: string, message: ReplyMessage): Promise<unknown> {
    const json = this.serializer.encode(message);
    this.batch.open();
    return new Promise<unknown>((resolve) => push(this.replies, channel, { json, sent: resolve }));
  }

  /** The call is over: nobody is to take it again. */
  dispose(context: string, entry: string): void {
    push(this.done, context, entry);
    this.batch.open();
  }

  flush(): void {
    this.batch.flush();
  }

  /** Resolves when all that was given is sent, or could not be. */
  idle(): Promise<void> {
    return this.batch.idle();
  }

  private gather(): void {
    for (const [channel, replies] of this.replies) {
      while (replies.length > 0) this.publish(channel, replies.splice(0, this.fitting(replies)));
    }
    this.replies.clear();
    for (const [context, entries] of this.done) {
      const key = callStream(context);
      // Lost with the connection, they are taken over, found to be past their deadline, and dropped.
      this.batch.send('XACK', key, context, ...entries).catch(() => undefined);
      this.batch.send('XDEL', key, ...entries).catch(() => undefined);
    }
    this.done.clear();
  }

  private publish(channel: string, replies: EncodedReply[]): void {
    const sent = this.batch.send('PUBLISH', channel, this.serializer.serialize(replies.map(({ json }) => json), { channel }));
    for (const reply of replies) reply.sent(sent);
  }

  /** How many of these go into one message; always one. */
  private fitting(replies: EncodedReply[]): number {
    let length = replies[0]!.json.length;
    let count = 1;
    while (count < replies.length && (length += replies[count]!.json.length) <= this.serializer.limit) count++;
    return count;
  }
}

function push<V>(lists: Map<string, V[]>, key: string, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
