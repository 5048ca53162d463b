import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, current, idFor, logger } from '#platform/core';
import type { Search } from '#search';

const LOOK_EVERY_MS = 100;
/** After so long without a page more, the rest is left to the queue. */
const GIVE_UP_MS = 30_000;
const root = join(import.meta.dirname, '..', '..', '..', '..');
const log = logger('monolith');

/** As /health/ready shows it. */
export type DocumentationState = Documentation['state'];

/**
 * Atoll's own documentation as the demo tenant's samples: found until something of one's own is there. Brought up to date by every start,
 * beside the requests; a page that was deleted stays so, because `<data dir>/documentation.json` remembers what was given before.
 */
export class Documentation {
  /** Pages there are, how many of them can be asked about, and whether more are on their way. */
  readonly state = { reading: true, pages: 0, indexed: 0 };

  /** @param changed hears each time a page more can be asked about */
  constructor(private readonly dataDir: string, private readonly changed: (state: DocumentationState) => void) {}

  /** Resolves once all of it can be asked about, or `gone` aborts. Call it as the demo tenant's owner. */
  async index(search: Search, gone: AbortSignal): Promise<void> {
    try {
      await this.read(search, gone);
    } finally {
      this.state.reading = false;
    }
  }

  /** Takes it out, and remembers that. */
  async leave(search: Search): Promise<void> {
    const files = await markdownFiles();
    for (const path of files) await search.remove({ id: idOf(path) });
    await this.remember(files);
    this.state.reading = false;
  }

  private async read(search: Search, gone: AbortSignal): Promise<void> {
    const given = await this.given();
    const files: string[] = [];
    for (const path of await markdownFiles()) {
      if (gone.aborted) return;
      if (!given.has(path) || (await isThere(search, idOf(path)))) files.push(path);
    }
    const ids: string[] = [];
    this.state.pages = files.length;
    for (const path of files) {
      if (gone.aborted) return;
      const text = await readFile(join(root, path), 'utf8');
      await search.add({ id: idOf(path), name: path, mediaType: 'text/markdown', text, sample: true });
      ids.push(idOf(path));
    }
    await this.remember([...given, ...files]);
    for (let last = performance.now(); ids.length > 0 && !gone.aborted && performance.now() - last < GIVE_UP_MS; ) {
      const { state, reason } = await search.status({ id: ids[0]! });
      if (state === 'failed') log.warn({ reason }, 'a page of the documentation could not be indexed');
      if (state === 'ready' || state === 'failed') {
        ids.shift();
        last = performance.now();
        this.state.indexed = files.length - ids.length;
        this.changed(this.state);
      } else await pause(LOOK_EVERY_MS);
    }
  }

  /** Pages this tenant was given by an earlier start. */
  private async given(): Promise<Set<string>> {
    const known = await readFile(this.memo, 'utf8').then((text) => JSON.parse(text) as Given, () => undefined);
    return new Set(known?.tenantId === current().tenantId ? known.pages : []);
  }

  private async remember(pages: string[]): Promise<void> {
    await writeFile(this.memo, `${JSON.stringify({ tenantId: current().tenantId, pages: [...new Set(pages)] } satisfies Given)}\n`);
  }

  private get memo(): string {
    return join(this.dataDir, 'documentation.json');
  }
}

interface Given {
  tenantId: string;
  pages: string[];
}

function idOf(path: string): string {
  return idFor(`atoll-docs/${path}`);
}

async function isThere(search: Search, id: string): Promise<boolean> {
  return search.status({ id }).then(() => true, (error: unknown) => {
    if (error instanceof AppError && error.code === 'not-found') return false;
    throw error;
  });
}

/** README.md, the pages under docs/, and the README of each context; not docs/adr, whose rejected options would be quoted as facts. */
async function markdownFiles(): Promise<string[]> {
  const docs = await readdir(join(root, 'docs'), { withFileTypes: true });
  const libs = await readdir(join(root, 'libs'), { withFileTypes: true });
  const files = [
    'README.md',
    ...docs.filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
    ...libs.map((entry) => join('libs', entry.name, 'README.md')).filter((path) => existsSync(join(root, path))),
  ];
  return files.sort();
}
