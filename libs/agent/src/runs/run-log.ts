import type { Scope } from '#platform/core';
import { type LogEntry, type RunEventData, type RunEventName, UNFLUSHED_MOST, isEnd } from './log-entry.js';

/** Whoever reads a log. Entries come in order, each once; nothing comes after the final one, which everybody is shown. */
export interface LogReader {
  /** False when the reader is gone: it is told nothing more. */
  read(entries: readonly LogEntry[]): boolean;
  /** The log cannot be read on. */
  fail(error: unknown): void;
}

/** What is fixed about a run from its first moment. */
export interface RunFacts {
  runId: string;
  scope: Scope;
  conversationId: string | null;
  questionId: string | null;
  /** Its text, kept with the run until it stands in the conversation; null for a stateless one. */
  question: string | null;
  messageId: string;
  agentId: string;
  model: string;
  offline: boolean;
}

/** The log of a run that this process writes: whole in memory, pushed to readers as it grows, flushed to the table behind their back. */
export class RunLog {
  readonly entries: LogEntry[] = [];
  /** Aborting it stops the run; the reason says why. */
  readonly abort = new AbortController();
  /** Resolves with the final entry once it is committed. */
  readonly ended: Promise<LogEntry>;
  readonly startedAt = Date.now();
  private readonly readers = new Set<LogReader>();
  private resolveEnded: (entry: LogEntry) => void;
  private rejectEnded: (error: unknown) => void;
  /** Entries of `entries` that stand in the table. */
  private flushed = 0;
  /** The answer so far, and what the prompt took. */
  text = '';
  inputTokens = 0;
  firstTokenMs: number | null = null;
  /** Whether the question stands in its conversation. */
  questionSaved = false;

  /** `clock`: the moment of `performance.now()` from which its times are counted. */
  constructor(readonly facts: RunFacts, private readonly clock = performance.now()) {
    this.ended = new Promise((resolve, reject) => {
      this.resolveEnded = resolve;
      this.rejectEnded = reject;
    });
    this.ended.catch(() => undefined);
  }

  elapsed(): number {
    return Math.round(performance.now() - this.clock);
  }

  append<E extends RunEventName>(event: E, data: RunEventData<E>): void {
    this.push(this.entry(event, JSON.stringify(data)));
  }

  /** The hot path: one string, one push to each reader. */
  appendText(text: string): void {
    this.firstTokenMs ??= this.elapsed();
    this.text += text;
    this.push(this.entry('answer.delta', `{"text":${JSON.stringify(text)}}`));
  }

  /** The final entry, made before it is committed and shown after (`end`). */
  finalEntry<E extends RunEventName>(event: E, data: RunEventData<E>): LogEntry {
    return this.entry(event, JSON.stringify(data));
  }

  end(entry: LogEntry): void {
    this.push(entry);
    this.readers.clear();
    this.resolveEnded(entry);
  }

  /** The end could not be committed: readers are told, and the sweep ends the run later. */
  fail(error: unknown): void {
    for (const reader of this.readers) reader.fail(error);
    this.readers.clear();
    this.rejectEnded(error);
  }

  /** Everything behind `after` at once, then what comes; of a log that ended there or before, its final entry again. */
  follow(after: number, reader: LogReader): () => void {
    const from = after <= 0 ? 0 : this.entries.findIndex(({ id }) => id > after);
    const last = this.entries.at(-1);
    const ended = last !== undefined && isEnd(last);
    const backlog = from >= 0 ? this.entries.slice(from) : ended ? [last] : [];
    if (backlog.length > 0 && !reader.read(backlog)) return () => undefined;
    if (!ended) this.readers.add(reader);
    return () => this.readers.delete(reader);
  }

  unflushed(): LogEntry[] {
    return this.entries.slice(this.flushed);
  }

  get isDirty(): boolean {
    return this.entries.length > this.flushed;
  }

  /** A writer that is so far ahead of the table has to wait for it. */
  get isFull(): boolean {
    return this.entries.length - this.flushed >= UNFLUSHED_MOST / 2;
  }

  markFlushed(count: number): void {
    this.flushed += count;
  }

  private entry(event: RunEventName, json: string): LogEntry {
    return { id: (this.entries.at(-1)?.id ?? 0) + 1, event, json };
  }

  private push(entry: LogEntry): void {
    this.entries.push(entry);
    if (this.readers.size === 0) return;
    const one = [entry];
    for (const reader of this.readers) if (!reader.read(one)) this.readers.delete(reader);
  }
}
