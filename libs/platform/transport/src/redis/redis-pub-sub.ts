import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { logger, redisKey, Secrets, unsigned } from '#platform/core';
import { BestEffortRedis } from './best-effort-redis.js';

const PURPOSE = 'kernel.pubsub';
interface ChannelListener<M> {
  onMessage(message: M): void;
  /** The channel is heard from now on, for the first time or again: what was published before is lost. */
  onSubscribed?(): void;
}

/**
 * Messages between processes, through Redis: live, signed, lossy, gone where nobody listens or Redis is away. A wake-up or a shortcut for
 * somebody who will look into the database anyway. What must not be lost is an event.
 */
@Injectable()
export class RedisPubSub implements OnApplicationShutdown {
  private readonly log = logger('redis');
  private readonly listeners = new Map<string, ChannelListener<never>>();
  private subscriber: Redis | undefined;

  constructor(
    private readonly redis: BestEffortRedis,
    private readonly secrets: Secrets,
  ) {}

  /** Whether what is published now can arrive. */
  get up(): boolean {
    return this.redis.up;
  }

  /** One listener to a channel; returns how to stop. Channel names are of the code's and the platform's making, never of a user's. */
  subscribe<M>(name: string, listener: ChannelListener<M>): () => void {
    const channel = redisKey('pubsub', name);
    this.subscriber ??= this.open();
    this.listeners.set(channel, listener as ChannelListener<never>);
    this.subscribeTo([channel]);
    return () => {
      this.listeners.delete(channel);
      this.subscriber?.unsubscribe(channel).catch(() => undefined);
    };
  }

  /** Nobody waits for it. */
  publish(name: string, message: object): void {
    if (!this.redis.up) return;
    const channel = redisKey('pubsub', name);
    const text = this.secrets.signed(PURPOSE, JSON.stringify(message), channel);
    void this.redis.ask((redis) => redis.publish(channel, text));
  }

  onApplicationShutdown(): void {
    this.subscriber?.disconnect();
  }

  private open(): Redis | undefined {
    const subscriber = this.redis.subscriber();
    subscriber?.on('message', (channel: string, text: string) => this.onMessage(channel, text));
    subscriber?.on('ready', () => this.subscribeTo([...this.listeners.keys()]));
    return subscriber;
  }

  private subscribeTo(channels: string[]): void {
    if (this.subscriber?.status !== 'ready' || channels.length === 0) return;
    this.subscriber.subscribe(...channels).then(
      () => channels.forEach((channel) => this.listeners.get(channel)?.onSubscribed?.()),
      (error: unknown) => this.log.warn({ err: error }, 'could not listen to other processes'),
    );
  }

  private onMessage(channel: string, text: string): void {
    const json = this.secrets.readSigned(PURPOSE, text, channel);
    if (json === undefined) {
      this.log.error({ channel }, unsigned('a message'));
      return;
    }
    try {
      this.listeners.get(channel)?.onMessage(JSON.parse(json) as never);
    } catch (error) {
      this.log.error({ err: error as Error, channel }, 'a listener to other processes failed');
    }
  }
}
