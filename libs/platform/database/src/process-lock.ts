import pg from 'pg';
import { logger } from '#platform/core';
import type { ConnectionFacts } from './databases.js';

const AGAIN_MS = 2_000;

const log = logger('kernel');

/** What becomes of a lock: `lost` with its connection, after which it is asked for again. */
export interface LockHolder {
  held(): Promise<void>;
  lost(): void;
  /** Somebody else has it; called once. */
  taken(): void;
}

/**
 * An advisory lock that one process of many holds for as long as it lives, on a connection of its own: through a pooler of transactions in
 * a transaction that stays open. Whoever comes second asks again and again.
 */
export class ProcessLock {
  private client: pg.Client | undefined;
  private again: NodeJS.Timeout | undefined;
  private told = false;
  private closed = false;

  constructor(
    private readonly connection: ConnectionFacts,
    private readonly key: number,
    private readonly holder: LockHolder,
  ) {}

  async acquire(): Promise<void> {
    const client = new pg.Client({ ...this.connection.config, application_name: 'atoll lock' });
    client.on('error', () => undefined);
    client.on('end', () => {
      if (this.client !== client) return;
      this.client = undefined;
      this.holder.lost();
      this.tryAgain();
    });
    try {
      await client.connect();
      if (await this.locked(client)) {
        this.client = client;
        return await this.holder.held();
      }
      if (!this.told) this.holder.taken();
      this.told = true;
    } catch (error) {
      log.warn({ error }, 'the lock of this process could not be asked for; trying again');
    }
    this.client = undefined;
    await client.end().catch(() => undefined);
    this.tryAgain();
  }

  async release(): Promise<void> {
    this.closed = true;
    clearTimeout(this.again);
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }

  private async locked(client: pg.Client): Promise<boolean> {
    const { keepsSession } = this.connection;
    if (!keepsSession) await client.query('begin');
    const { rows } = await client.query<{ locked: boolean }>(`select pg_try_advisory_${keepsSession ? '' : 'xact_'}lock($1) as locked`,
      [this.key]);
    return rows[0]!.locked;
  }

  private tryAgain(): void {
    if (!this.closed) this.again = setTimeout(() => void this.acquire(), AGAIN_MS).unref();
  }
}
