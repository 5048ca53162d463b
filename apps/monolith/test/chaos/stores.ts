import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, startPostgres, startRedis, type TestDatabase, testDatabase, type TestRedis } from '#platform/testing';
import { contexts } from '../../../contexts.js';

/** A Postgres that can be stopped in the middle of everything, and started again on what it left. */
export class MortalPostgres {
  private constructor(readonly database: TestDatabase, readonly crash: () => Promise<void>, private readonly start: () => Promise<void>) {}

  static async open(folder: string | undefined): Promise<MortalPostgres> {
    // Little write-ahead log: it stands on a small disk.
    const server = await startPostgres({ own: true, folder, settings: ['max_wal_size=96MB', 'min_wal_size=32MB', 'shared_buffers=64MB'] });
    if (!server.crash || !server.again)
      throw new Error('The kill programme stops Postgres, so it needs one of its own: installed programs, and no ATOLL_TEST_POSTGRES_URL.');
    const owners = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
    return new MortalPostgres(await testDatabase({ engine: 'postgres', owners, server }), server.crash, server.again);
  }

  /** A full disk may end it at any moment, also while it starts. */
  async again(): Promise<void> {
    await eventually(this.start, { timeoutMs: 30_000 });
  }
}

/** A Redis that can be killed and comes back on its port, with its data or without. */
export class MortalRedis {
  private constructor(private readonly folder: string, private server: TestRedis) {}

  static async open(): Promise<MortalRedis> {
    const folder = mkdtempSync(join(tmpdir(), 'atoll-chaos-redis-'));
    const server = await startRedis({ folder });
    if (!server.kill) throw new Error('The kill programme kills Redis, so it needs one of its own: an installed redis-server, and no ' +
      'ATOLL_TEST_REDIS_URL.');
    return new MortalRedis(folder, server);
  }

  get url(): string {
    return this.server.url;
  }

  kill(): Promise<void> {
    return this.server.kill!();
  }

  signal(name: NodeJS.Signals): void {
    this.server.signal!(name);
  }

  async start({ empty = false } = {}): Promise<void> {
    if (empty) {
      rmSync(this.folder, { recursive: true });
      mkdirSync(this.folder);
    }
    this.server = await startRedis({ folder: this.folder, port: Number(new URL(this.url).port) });
  }

  async close(): Promise<void> {
    await this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
