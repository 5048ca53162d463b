import { MemoryFS } from '@electric-sql/pglite';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PGDATA = '/pglite/data';

/** A file system in memory that begins as a copy of a closed cluster directory: 0.1 s, where initdb takes seconds. */
export class MemoryFrom extends MemoryFS {
  constructor(private readonly template: string) {
    super();
  }

  override async initialSyncFs(): Promise<void> {
    const { FS } = this.pg!.Module;
    const copy = (from: string, to: string): void => {
      FS.mkdirTree(to);
      for (const entry of readdirSync(from, { withFileTypes: true })) {
        const [source, target] = [join(from, entry.name), `${to}/${entry.name}`];
        if (entry.isDirectory()) copy(source, target);
        else FS.writeFile(target, readFileSync(source));
      }
    };
    copy(this.template, PGDATA);
  }
}
