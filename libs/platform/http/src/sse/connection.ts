import type { ServerResponse } from 'node:http';
import { AppError } from '#platform/core';
import { type Principal, speaksFor } from '../principal.js';
import type { ResumeHint, SseView } from './event.js';
import type { OpenStreams } from './open-streams.js';
import { RawWriter } from './raw-writer.js';
import type { StreamSink } from './sse.js';

const HEARTBEAT = ': keep-alive\n\n';

/** A reader that took nothing for this long is gone, whatever its socket says. */
const STUCK_MS = 30_000;

/** How long a reader that is sent away may take to read the last frames. */
const GOODBYE_MS = 5_000;

/** Frames of one turn leave together once they are this many characters, or at its end. */
const BATCH_CHARACTERS = 16_384;

/** What a reader that is sent away is told to wait. */
const RETRY_MS = 1_000;

export interface ConnectionSetup {
  raw: ServerResponse;
  /** Asked once, when the head is written: from then on Fastify has no part in the answer. */
  headers: () => Record<string, string | string[] | number | undefined>;
  view: Pick<SseView<never>, 'resume'>;
  maxLagBytes: number;
  streams: OpenStreams;
  renderError: (error: unknown) => string;
  /** Whose stream it is; nobody's on a public route. */
  caller?: Pick<Principal, 'tenantId' | 'actor' | 'credentialId'>;
}

/**
 * One open stream. The first frame of a turn of the event loop is written at once, so a lone token waits for nothing; the ones behind it
 * in the same turn leave together in a second write. Lag is what Node still holds for the socket; the kernel's buffers come on top.
 */
export class Connection implements StreamSink {
  started = false;
  /** Visits of the wheel since the last write. */
  private quietVisits = 0;
  private stuckSince = 0;
  private ended = false;
  private batching = false;
  private pending: (string | Buffer)[] = [];
  private pendingLength = 0;
  private controller?: AbortController;
  private cleanUp?: () => void;
  private readonly onClose = (): void => this.over();

  private readonly writer: RawWriter;

  constructor(private readonly setup: ConnectionSetup) {
    this.writer = new RawWriter(setup.raw);
    setup.streams.add(this);
    setup.raw.once('close', this.onClose);
  }

  get open(): boolean {
    return !this.ended && !this.setup.raw.destroyed;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (!this.open) this.controller.abort();
    }
    return this.controller.signal;
  }

  /** Called once when the stream is over for whatever reason; at once when it is already. */
  whenOver(cleanUp: () => void): void {
    if (this.open) this.cleanUp = cleanUp;
    else cleanUp();
  }

  /** Sends the head; from here on an error is a frame, not a problem response. */
  start(): void {
    if (this.started || !this.open) return;
    this.started = true;
    this.writer.open(this.setup.headers());
  }

  push(frames: string | Buffer): boolean {
    if (!this.open) return false;
    if (this.writer.lag > this.setup.maxLagBytes) {
      this.sendAway('slow-reader');
      return false;
    }
    if (this.batching) this.batch(frames);
    else {
      this.batching = true;
      this.setup.streams.flushAfterTurn(this);
      this.write(frames);
    }
    return true;
  }

  end(terminal: string | Buffer): void {
    if (!this.open) return;
    this.writeBatch();
    if (terminal.length > 0) this.write(terminal);
    else this.start();
    this.ended = true;
    this.writer.end();
    this.over();
  }

  fail(error: unknown): void {
    if (this.open) this.end(this.setup.renderError(error));
  }

  /** The reader may come back and go on where it was: it was too slow, or this process or the one behind it is leaving. */
  sendAway(reason: ResumeHint['reason']): void {
    if (!this.open) return;
    const { raw, streams, view } = this.setup;
    streams.countSentAway(reason);
    this.end(view.resume({ reason, retryMs: RETRY_MS }));
    const timer = setTimeout(() => raw.destroy(), GOODBYE_MS).unref();
    raw.once('close', () => clearTimeout(timer));
  }

  /** Ends the stream where its caller is one of `subjects`. What it shows goes on; whoever still may can open it again. */
  endFor(subjects: ReadonlySet<string>): void {
    const { caller, streams } = this.setup;
    if (!this.open || caller === undefined || !speaksFor(caller, subjects)) return;
    streams.countSentAway('credential-ended');
    this.fail(new AppError('unauthenticated', 'kernel.credential-ended', 'This stream was closed: its credential ended, or may do other things now than when it was opened. Sign in again if need be, and open it again.'));
  }

  /** Leaves the response as it is: nothing was sent, and somebody else answers. */
  abandon(): void {
    this.cleanUp = undefined;
    this.setup.raw.off('close', this.onClose);
    this.over();
  }

  /** The wheel's visit every few seconds: opens a silent stream, keeps a quiet one alive, gives up one whose reader takes nothing. */
  visit(now: number): void {
    if (!this.open) return;
    if (this.writer.lag > 0) {
      if (this.stuckSince === 0) this.stuckSince = now;
      else if (now - this.stuckSince > STUCK_MS) this.sendAway('slow-reader');
      return;
    }
    this.stuckSince = 0;
    if (this.quietVisits++ > 0 || !this.started) this.write(HEARTBEAT);
  }

  /** Called once at the end of the turn in which something was pushed. */
  flush(): void {
    this.batching = false;
    this.writeBatch();
  }

  /** Resolves when the reader has taken what was written, or is gone. */
  drained(): Promise<void> | undefined {
    return this.open ? this.writer.drained() : undefined;
  }

  private batch(frames: string | Buffer): void {
    this.pending.push(frames);
    this.pendingLength += frames.length;
    if (this.pendingLength >= BATCH_CHARACTERS) this.writeBatch();
  }

  private writeBatch(): void {
    if (this.pending.length === 0) return;
    const frames = this.pending;
    this.pending = [];
    this.pendingLength = 0;
    if (this.open) this.write(frames.every((frame) => typeof frame === 'string') ? frames.join('') : Buffer.concat(frames.map((frame) => Buffer.from(frame))));
  }

  private write(frames: string | Buffer): void {
    this.start();
    this.quietVisits = 0;
    this.writer.write(frames);
  }

  private over(): void {
    this.ended = true;
    this.pending = [];
    this.setup.streams.remove(this);
    this.controller?.abort();
    const { cleanUp } = this;
    this.cleanUp = undefined;
    cleanUp?.();
  }
}
