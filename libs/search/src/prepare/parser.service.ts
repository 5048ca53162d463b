import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { scopedKey } from '#platform/core';
import { SearchConfig } from '../search.config.js';
import type { ParseOrder } from './child.js';
import { ParserProcess } from './parser-process.js';
import type { PreparedDocument } from './prepare.js';

/** How long an idle process waits for its tenant's next file. */
const IDLE_MS = 2_000;

interface Idle {
  process: ParserProcess;
  timer: NodeJS.Timeout;
}

/**
 * Reads files, and prepares what is written of them, in child processes that can be killed. A process serves one tenant only, so that
 * nothing of one tenant's file can reach another's; it is kept for that tenant's next file for two seconds, because starting one takes
 * longer than reading a short text.
 */
@Injectable()
export class Parser implements OnApplicationShutdown {
  private readonly idle = new Map<string, Idle[]>();
  private closed = false;

  constructor(private readonly config: SearchConfig) {}

  async read(file: Omit<ParseOrder, 'limits'>, signal?: AbortSignal): Promise<PreparedDocument> {
    signal?.throwIfAborted();
    const key = scopedKey('search', 'parser');
    const process = this.take(key) ?? new ParserProcess({ seconds: this.config.parseSeconds, megabytes: this.config.parseMegabytes });
    try {
      const limits = { maxCharacters: this.config.maxCharacters, maxPages: this.config.maxPages };
      const prepared = await process.ask({ ...file, limits }, signal);
      this.keep(key, process);
      return prepared;
    } catch (error) {
      process.kill();
      throw error;
    }
  }

  onApplicationShutdown(): void {
    this.closed = true;
    for (const key of [...this.idle.keys()]) for (let process = this.take(key); process; process = this.take(key)) process.kill();
  }

  private take(key: string): ParserProcess | undefined {
    const waiting = this.idle.get(key);
    const one = waiting?.pop();
    if (waiting?.length === 0) this.idle.delete(key);
    if (!one) return undefined;
    clearTimeout(one.timer);
    if (one.process.fresh) return one.process;
    one.process.kill();
    return this.take(key);
  }

  private keep(key: string, process: ParserProcess): void {
    if (this.closed || !process.fresh) return process.kill();
    const waiting = this.idle.get(key) ?? [];
    const timer = setTimeout(() => this.forget(key, process), IDLE_MS);
    timer.unref();
    waiting.push({ process, timer });
    this.idle.set(key, waiting);
  }

  private forget(key: string, process: ParserProcess): void {
    const left = (this.idle.get(key) ?? []).filter((one) => one.process !== process);
    if (left.length > 0) this.idle.set(key, left);
    else this.idle.delete(key);
    process.kill();
  }
}
