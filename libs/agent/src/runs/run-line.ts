import { Injectable } from '@nestjs/common';
import { current, newId, type Scope } from '#platform/core';
import { RedisPubSub } from '#platform/transport';
import type { LiveRun } from './live-run.js';
import { type LogEntry, isEnd, packed, unpacked } from './log-entry.js';

/** What processes that write answers, and those that show them, say to each other. `tenantId` and `userId` are the reader's, verified where it was heard. */
type Word =
  | { kind: 'follow'; id: string; from: string; runId: string; after: number; tenantId: string; userId: string }
  | { kind: 'lines'; id: string; lines: string }
  | { kind: 'leave'; id: string }
  | { kind: 'cancel'; runId: string; tenantId: string; userId: string };

interface Followed {
  run: LiveRun;
  waiting: LogEntry[];
  stop: () => void;
}

/**
 * The line between the process that writes an answer and one that shows it, through Redis. Nothing travels until somebody asks for it: an
 * answer that is read where it is written costs Redis nothing. It may fall silent at any time; the table has everything a moment later.
 */
@Injectable()
export class RunLine {
  private readonly followed = new Map<string, Followed>();
  private readonly following = new Map<string, (entries: LogEntry[]) => void>();
  private owner: string;
  private find: (runId: string) => LiveRun | undefined;

  constructor(private readonly pubSub: RedisPubSub) {}

  /** `owner` is this process's name in the runs it writes; `find` gives those. */
  open(owner: string, find: (runId: string) => LiveRun | undefined): void {
    this.owner = owner;
    this.find = find;
    this.pubSub.subscribe<Word>(channel(owner), { onMessage: (word) => this.hear(word) });
  }

  /** Asks the process that writes a run of the reader's for all behind `after` and what comes; returns how to leave. */
  follow(owner: string, runId: string, { tenantId, actor }: Scope, after: number, read: (entries: LogEntry[]) => void): () => void {
    const id = newId();
    this.following.set(id, read);
    this.tell(owner, { kind: 'follow', id, from: this.owner, runId, after, tenantId, userId: actor.id });
    return () => {
      this.following.delete(id);
      this.tell(owner, { kind: 'leave', id });
    };
  }

  /** Stops a run of the caller's now, not at its writer's next heartbeat. */
  cancel(owner: string, runId: string): void {
    const { tenantId, actor } = current();
    this.tell(owner, { kind: 'cancel', runId, tenantId, userId: actor.id });
  }

  private hear(word: Word): void {
    if (word.kind === 'lines') this.following.get(word.id)?.(unpacked(word.lines));
    else if (word.kind === 'leave') this.leave(word.id);
    else if (word.kind === 'follow') this.show(word);
    else this.own(word)?.abort.abort('cancelled');
  }

  private own({ runId, tenantId, userId }: { runId: string; tenantId: string; userId: string }): LiveRun | undefined {
    const run = this.find(runId);
    return run?.facts.scope.tenantId === tenantId && run.facts.scope.actor.id === userId ? run : undefined;
  }

  private show(word: Extract<Word, { kind: 'follow' }>): void {
    const run = this.own(word);
    if (!run) return;
    const followed: Followed = { run, waiting: [], stop: () => undefined };
    this.followed.set(word.id, followed);
    followed.stop = run.follow(word.after, {
      read: (entries) => {
        // What comes within one turn of the event loop travels together.
        if (followed.waiting.length === 0) setImmediate(() => this.send(word, followed));
        followed.waiting.push(...entries);
        return this.followed.has(word.id);
      },
      done: () => this.leave(word.id),
      fail: () => this.leave(word.id),
    });
  }

  private send({ id, from }: Extract<Word, { kind: 'follow' }>, { waiting }: Followed): void {
    const entries = waiting.splice(0);
    this.tell(from, { kind: 'lines', id, lines: packed(entries) });
    if (entries.some(isEnd)) this.leave(id);
  }

  private leave(id: string): void {
    this.followed.get(id)?.stop();
    this.followed.delete(id);
  }

  private tell(owner: string, word: Word): void {
    this.pubSub.publish(channel(owner), word);
  }
}

function channel(owner: string): string {
  return `agent.runs/${owner}`;
}
