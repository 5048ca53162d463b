import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { seedDataDir } from '#platform/testing';
import type { EmbeddedEvent } from '../src/channel.js';
import { type EmbeddedOptions, EmbeddedPostgres } from '../src/embedded-postgres.js';

/** An embedded database on disk in a folder of its own, with what it reports collected. */
export class EmbeddedFixture {
  readonly events: EmbeddedEvent[] = [];
  readonly dataDir = mkdtempSync(join(tmpdir(), 'atoll-embedded-'));
  database: EmbeddedPostgres;
  readonly #clients: pg.Client[] = [];
  readonly #pools: pg.Pool[] = [];

  async start(options: EmbeddedOptions = {}): Promise<this> {
    await seedDataDir(this.dataDir);
    await this.open(options);
    return this;
  }

  async open(options: EmbeddedOptions = {}): Promise<void> {
    this.database = await EmbeddedPostgres.start({ dataDir: this.dataDir, report: (event) => this.events.push(event), ...options });
  }

  config(config: pg.ClientConfig = {}): pg.ClientConfig {
    return { stream: () => this.database.stream(), user: 'postgres', database: 'postgres', ...config };
  }

  async client(config?: pg.ClientConfig): Promise<pg.Client> {
    const client = new pg.Client(this.config(config));
    client.on('error', () => undefined);
    await client.connect();
    this.#clients.push(client);
    return client;
  }

  pool(config: pg.PoolConfig = {}): pg.Pool {
    const pool = new pg.Pool({ ...this.config(config), max: 5, ...config });
    pool.on('error', () => undefined);
    this.#pools.push(pool);
    return pool;
  }

  async stop(): Promise<void> {
    const ended = [...this.#pools.splice(0), ...this.#clients.splice(0)].map((one) => one.end());
    await this.database.close();
    await Promise.allSettled(ended);
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
