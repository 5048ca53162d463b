import type { Secrets } from '#platform/core';
import type { RedisClient } from '../redis/redis-client.js';
import { type ReplyMessage, callStream, messageJson, sealJson } from './call-message.js';
import { TurnBatch } from './turn-batch.js';

interface Letter {
  json: string;
  sent: (sent: Promise<unknown>) => void;
}

/**
 * What a host sends back: answers that became ready in one turn of the event loop leave together, those for one caller in one message under
 * one signature, and with them in the same write what was done is taken off the contexts' streams.
 */
export class Answers {
  private readonly batch: TurnBatch;
  private readonly letters = new Map<string, Letter[]>();
  private readonly done = new Map<string, string[]>();

  constructor(
    redis: RedisClient,
    private readonly secrets: Secrets,
    /** Longest message in characters. */
    private readonly limit: number,
  ) {
    this.batch = new TurnBatch(redis, () => this.gather());
  }

  /** Throws where it is longer than may be sent; else resolves when Redis has it. */
  reply(channel: string, message: ReplyMessage): Promise<unknown> {
    const json = messageJson(message, this.limit);
    this.batch.open();
    return new Promise<unknown>((resolve) => push(this.letters, channel, { json, sent: resolve }));
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
    for (const [channel, letters] of this.letters) {
      while (letters.length > 0) this.publish(channel, letters.splice(0, this.fitting(letters)));
    }
    this.letters.clear();
    for (const [context, entries] of this.done) {
      const key = callStream(context);
      // Lost with the connection, they are taken over, found to be past their deadline, and dropped.
      this.batch.send('XACK', key, context, ...entries).catch(() => undefined);
      this.batch.send('XDEL', key, ...entries).catch(() => undefined);
    }
    this.done.clear();
  }

  private publish(channel: string, letters: Letter[]): void {
    const sent = this.batch.send('PUBLISH', channel, sealJson(this.secrets, `[${letters.map(({ json }) => json).join(',')}]`));
    for (const letter of letters) letter.sent(sent);
  }

  /** How many of these go into one message; always one. */
  private fitting(letters: Letter[]): number {
    let length = letters[0]!.json.length;
    let count = 1;
    while (count < letters.length && (length += letters[count]!.json.length) <= this.limit) count++;
    return count;
  }
}

function push<V>(lists: Map<string, V[]>, key: string, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
