import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const EVERY_MS = 1_000;

/**
 * The engine never asks the operating system to put its log on the disk: its files survive the process, not the power. Once a second this
 * asks for it, so that a power failure costs about a second of commits instead of half a minute. It is a mitigation and not durability:
 * data files are written without an order that a crash of the machine could be recovered from in every case.
 */
export class WalSync {
  readonly #folder: string;
  readonly #synced = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #busy?: Promise<void>;

  constructor(clusterDir: string) {
    this.#folder = join(clusterDir, 'pg_wal');
    this.#timer = setInterval(() => this.sync(), EVERY_MS);
    this.#timer.unref();
  }

  /** Syncs the files that changed since the last time; a slow disk is not asked twice at once. */
  sync(): Promise<void> {
    return (this.#busy ??= this.#syncChanged().finally(() => (this.#busy = undefined)));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.sync();
  }

  async #syncChanged(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => [] as string[]);
    for (const name of names.filter((one) => /^[0-9A-F]{24}$/.test(one))) {
      const path = join(this.#folder, name);
      try {
        const { mtimeMs } = await stat(path);
        if (this.#synced.get(name) === mtimeMs) continue;
        const file = await open(path, 'r+');
        try {
          await file.datasync();
        } finally {
          await file.close();
        }
        this.#synced.set(name, mtimeMs);
      } catch {
        // Recycled under our hands: it is another file now, and comes up again under its new name.
        this.#synced.delete(name);
      }
    }
  }
}
