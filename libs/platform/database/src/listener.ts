import pg from 'pg';
import type { ConnectionFacts } from './databases.js';
import { logger } from '#platform/core';

const AGAIN_MS = 2_000;

const log = logger('kernel');

/** One LISTEN connection that comes back by itself. What was said while it was away is lost: `back` tells to look instead. */
export class Listener {
  private client: pg.Client | undefined;
  private again: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly connection: ConnectionFacts,
    private readonly channel: string,
    private readonly hear: (payload: string) => void,
    private readonly back: () => void,
  ) {}

  async start(): Promise<void> {
    const client = new pg.Client({ ...this.connection.config, application_name: 'atoll listen' });
    client.on('notification', ({ payload }) => this.hear(payload ?? ''));
    client.on('error', (error) => log.warn({ error }, 'the connection that listens for other processes broke'));
    client.on('end', () => {
      if (this.client === client) this.startAgain();
    });
    try {
      await client.connect();
      await client.query(`listen ${this.channel}`);
      this.client = client;
    } catch (error) {
      log.warn({ error }, 'cannot listen for other processes; trying again, the poll works meanwhile');
      await client.end().catch(() => undefined);
      this.startAgain();
    }
  }

  async stop(): Promise<void> {
    this.closed = true;
    clearTimeout(this.again);
    await this.client?.end().catch(() => undefined);
  }

  private startAgain(): void {
    this.client = undefined;
    if (!this.closed) this.again = setTimeout(() => void this.start().then(this.back), AGAIN_MS).unref();
  }
}
