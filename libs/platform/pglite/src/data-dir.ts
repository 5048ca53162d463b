import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '#platform/core';

/** Major version of the Postgres inside the engine; a data directory belongs to one. */
export const ENGINE_MAJOR = 18;

const FRESH = 'fresh-';

interface Owner {
  pid: number;
  since: string;
}

/**
 * A directory that holds one embedded database: `cluster/` (Postgres' own files), `lock`, and `owner.json` (who holds the lock, for words
 * only). The engine itself would let two processes open the same files, and each would silently overwrite the other's rows.
 */
export class DataDir {
  readonly clusterDir: string;
  readonly #path: string;
  readonly #lock: DatabaseSync;

  private constructor(path: string, lock: DatabaseSync) {
    this.#path = path;
    this.#lock = lock;
    this.clusterDir = join(path, 'cluster');
  }

  /**
   * Takes the directory for this process or says who has it. The lock is the operating system's (fcntl, through SQLite's exclusive lock,
   * the one binding to it that Node ships): it ends with the process however that ends, so there is no stale lock to judge and no pid to
   * mistake.
   */
  static claim(dataDir: string): DataDir {
    const path = resolve(dataDir);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const lock = new DatabaseSync(join(path, 'lock'), { timeout: 0 });
    try {
      lock.exec('begin exclusive');
    } catch (cause) {
      lock.close();
      throw inUse(path, readJson<Owner>(join(path, 'owner.json')), cause);
    }
    const claimed = new DataDir(path, lock);
    try {
      claimed.#checkVersion();
      writeFileSync(join(path, 'owner.json'), JSON.stringify({ pid: process.pid, since: new Date().toISOString() } satisfies Owner));
    } catch (error) {
      claimed.release();
      throw error;
    }
    return claimed;
  }

  get isNew(): boolean {
    return !existsSync(join(this.clusterDir, 'PG_VERSION'));
  }

  /**
   * Fills the directory for the first time. Only a complete cluster gets its name: a first start that was killed is simply done again, in
   * another place than its orphan may still be writing to.
   */
  async create(fill: (folder: string) => Promise<void>): Promise<void> {
    for (const name of readdirSync(this.#path)) {
      if (name.startsWith(FRESH)) rmSync(join(this.#path, name), { recursive: true, force: true });
    }
    const fresh = mkdtempSync(join(this.#path, FRESH));
    await fill(fresh);
    rmSync(this.clusterDir, { recursive: true, force: true });
    renameSync(fresh, this.clusterDir);
  }

  release(): void {
    rmSync(join(this.#path, 'owner.json'), { force: true });
    this.#lock.close();
  }

  #checkVersion(): void {
    if (this.isNew) return;
    const found = readFileSync(join(this.clusterDir, 'PG_VERSION'), 'utf8').trim();
    if (found === String(ENGINE_MAJOR)) return;
    throw new AppError(
      'precondition-failed',
      'kernel.data-dir-version',
      `The data directory ${this.#path} was written by Postgres ${found}; this Atoll embeds Postgres ${ENGINE_MAJOR}, which cannot read ` +
        `it. Nothing was changed. ` +
        `Start it with the Atoll version that wrote it, or set ATOLL_DATA_DIR to another directory to begin with an empty database.`,
    );
  }
}

function inUse(path: string, owner: Owner | undefined, cause: unknown): AppError {
  const who = owner ? `process ${owner.pid} (since ${owner.since})` : 'another process';
  return new AppError(
    'conflict',
    'kernel.data-dir-in-use',
    `The data directory ${path} is in use by ${who}. Two processes on one embedded database would lose rows, so this one stops here. ` +
      `Stop that process, set ATOLL_DATA_DIR to another directory, or set DATABASE_URL to share a Postgres server.`,
    { cause },
  );
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
