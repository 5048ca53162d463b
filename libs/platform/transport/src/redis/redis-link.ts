import type { RedisEvents } from '@nestjs/microservices';
import type { Redis } from 'ioredis';
import type { RedisClient } from './redis-client.js';

/** How a process's two connections to Redis are opened. */
export interface RedisLinkOptions {
  /** For commands. */
  connect: () => RedisClient;
  /** For one that only subscribes. */
  listen: () => Redis;
}

type Side = 'pub' | 'sub';
type Listener = (side: Side, ...args: unknown[]) => void;

/** The two connections of one end of the transport, with what Nest wants of them: `on`, `unwrap` and a status. */
export class RedisLink {
  private sides: { pub: RedisClient; sub: Redis } | undefined;
  private readonly listeners: [event: string, listener: Listener][] = [];

  constructor(private readonly options: RedisLinkOptions) {}

  get commands(): RedisClient {
    return this.opened().pub;
  }

  get subscriber(): Redis {
    return this.opened().sub;
  }

  open(): void {
    this.sides = { pub: this.options.connect(), sub: this.options.listen() };
    for (const [event, listener] of this.listeners) this.attach(event, listener);
  }

  /** Listeners given before it is opened hear too, and stay when it is opened anew. */
  on<Event extends keyof RedisEvents>(event: Event, listener: RedisEvents[Event]): void {
    this.listeners.push([event, listener as unknown as Listener]);
    if (this.sides) this.attach(event, listener as unknown as Listener);
  }

  /** Calls `tell` with each change of the connection. */
  onStatus(tell: (status: 'connected' | 'disconnected') => void): void {
    this.on('ready', () => tell('connected'));
    this.on('close', () => tell('disconnected'));
  }

  unwrap(): [commands: RedisClient, subscriber: Redis] {
    return [this.commands, this.subscriber];
  }

  close(): void {
    this.sides?.pub.disconnect();
    this.sides?.sub.disconnect();
  }

  private attach(event: string, listener: Listener): void {
    const { pub, sub } = this.opened();
    for (const [side, client] of [['pub', pub], ['sub', sub]] as const) {
      (client as Redis).on(event, (...args: unknown[]) => listener(side, ...args));
    }
  }

  private opened(): { pub: RedisClient; sub: Redis } {
    if (!this.sides) throw new Error('Redis is not connected yet: call connect() of the client or listen() of the server first.');
    return this.sides;
  }
}
