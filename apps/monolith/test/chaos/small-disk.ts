import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'atoll-chaos-';
const CHUNK = Buffer.alloc(1_048_576);

/** A file system of its own in memory, small enough to be filled to the last byte. */
export class SmallDisk {
  private constructor(readonly path: string) {}

  /** Undefined where this process may not mount. */
  static mount(megabytes: number): SmallDisk | undefined {
    const path = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]).status === 0) return new SmallDisk(path);
    rmSync(path, { recursive: true });
    return undefined;
  }

  /** What a run that was killed left mounted. */
  static sweep(): void {
    if (!existsSync('/proc/mounts')) return;
    for (const [, path, pid] of readFileSync('/proc/mounts', 'utf8').matchAll(new RegExp(`^tmpfs (\\S*/${PREFIX}(\\d+)-\\w+) `, 'gm'))) {
      if (!existsSync(`/proc/${pid}`)) new SmallDisk(path!).unmount();
    }
  }

  fill(): void {
    const file = openSync(this.ballast, 'a');
    for (const size of [CHUNK.length, 1]) {
      try {
        for (;;) writeSync(file, CHUNK, 0, size);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
    closeSync(file);
  }

  empty(): void {
    rmSync(this.ballast, { force: true });
  }

  unmount(): void {
    spawnSync('umount', ['-l', this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }

  private get ballast(): string {
    return join(this.path, 'ballast');
  }
}
