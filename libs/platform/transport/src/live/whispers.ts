import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { logger, redisKey, Secrets } from '#platform/core';
import { LiveRedis } from './live-redis.js';

const PURPOSE = 'kernel.whisper';

export interface Ear<M> {
  hear(message: M): void;
  /** The channel is heard from now on, for the first time or again: what was said before is lost. */
  back?(): void;
}

/**
 * Signals between processes, through Redis: live, signed, lossy, gone where nobody listens or Redis is away. A wake-up or a shortcut for
 * somebody who will look into the database anyway. What must not be lost is an event.
 */
@Injectable()
export class Whispers implements OnApplicationShutdown {
  private readonly log = logger('redis');
  private readonly ears = new Map<string, Ear<never>>();
  private subscriber: Redis | undefined;

  constructor(
    private readonly live: LiveRedis,
    private readonly secrets: Secrets,
  ) {}

  /** Whether what is told now can arrive. */
  get up(): boolean {
    return this.live.up;
  }

  /** One ear to a channel; returns how to stop. Channel names are of the code's and the kernel's making, never of a user's. */
  listen<M>(name: string, ear: Ear<M>): () => void {
    const channel = redisKey('whisper', name);
    this.subscriber ??= this.open();
    this.ears.set(channel, ear as Ear<never>);
    this.subscribe([channel]);
    return () => {
      this.ears.delete(channel);
      this.subscriber?.unsubscribe(channel).catch(() => undefined);
    };
  }

  /** Nobody waits for it. */
  tell(name: string, message: object): void {
    if (!this.live.up) return;
    const channel = redisKey('whisper', name);
    const json = JSON.stringify(message);
    const text = `${this.secrets.sign(PURPOSE, `${channel}\n${json}`)}.${json}`;
    void this.live.ask((redis) => redis.publish(channel, text));
  }

  onApplicationShutdown(): void {
    this.subscriber?.disconnect();
  }

  private open(): Redis | undefined {
    const subscriber = this.live.subscriber();
    subscriber?.on('message', (channel: string, text: string) => this.hear(channel, text));
    subscriber?.on('ready', () => this.subscribe([...this.ears.keys()]));
    return subscriber;
  }

  private subscribe(channels: string[]): void {
    if (this.subscriber?.status !== 'ready' || channels.length === 0) return;
    this.subscriber.subscribe(...channels).then(
      () => channels.forEach((channel) => this.ears.get(channel)?.back?.()),
      (error: unknown) => this.log.warn({ err: error }, 'could not listen to other processes'),
    );
  }

  private hear(channel: string, text: string): void {
    const at = text.indexOf('.');
    const json = text.slice(at + 1);
    if (at < 0 || !this.secrets.verify(PURPOSE, `${channel}\n${json}`, text.slice(0, at))) {
      this.log.error({ channel }, 'dropped a message that nobody of this deployment signed; check who can write to Redis, and that ATOLL_SECRET is the same everywhere');
      return;
    }
    try {
      this.ears.get(channel)?.hear(JSON.parse(json) as never);
    } catch (error) {
      this.log.error({ err: error as Error, channel }, 'a listener to other processes failed');
    }
  }
}
