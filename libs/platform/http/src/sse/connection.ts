import type { ServerResponse } from 'node:http';
import { AppError, metrics } from '#platform/core';
import { type Principal, speaksFor } from '../request/principal.js';
import type { ResumeHint, SseView } from './event.js';
import type { StreamSink } from './sse.js';

const MAX_LAG_BYTES = 262_144;
const HEARTBEAT = ': keep-alive\n\n';

/** A reader that took nothing for this long is gone, whatever its socket says. */
const STUCK_MS = 30_000;

/** How long a reader that is sent away may take to read the last frames. */
const GOODBYE_MS = 5_000;

/** What a reader that is sent away is told to wait. */
const RETRY_MS = 1_000;

const sentAway = metrics.counter('atoll_http_streams_sent_away_total', 'Streams ended with a resume hint, by reason', ['reason']);

export interface ConnectionSetup {
  raw: ServerResponse;
  /** Asked once, when the head is written: from then on Fastify has no part in the answer. */
  headers: () => Record<string, string | string[] | number | undefined>;
  view: Pick<SseView<never>, 'resume'>;
  /** Bytes its reader may lag behind before it is sent away. 256 KiB unless told. */
  maxLagBytes?: number;
  renderError: (error: unknown) => string;
  /** Whose stream it is; nobody's on a public route. */
  caller?: Pick<Principal, 'tenantId' | 'actor' | 'credentialId'>;
}

/**
 * One open stream, made by `OpenStreams.open`. A frame is written at once; what follows in the same tick leaves with it, since Node corks
 * the socket for that long. Lag is what Node still holds for the socket; the kernel's buffers come on top.
 */
export class Connection implements StreamSink {
  started = false;
  /** Visits of the wheel since the last write. */
  private quietVisits = 0;
  private stuckSince = 0;
  private ended = false;
  private controller?: AbortController;
  private cleanUp?: () => void;

  /** `onOver` is called once, whatever ended the stream. */
  constructor(private readonly setup: ConnectionSetup, private readonly onOver: (connection: Connection) => void) {
    setup.raw.once('close', this.over);
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
    this.setup.raw.writeHead(200, this.setup.headers() as never);
    this.setup.raw.flushHeaders();
  }

  push(frames: string | Buffer): boolean {
    if (!this.open) return false;
    if (this.setup.raw.writableLength > (this.setup.maxLagBytes ?? MAX_LAG_BYTES)) {
      this.sendAway('slow-reader');
      return false;
    }
    this.write(frames);
    return true;
  }

  end(terminal: string | Buffer): void {
    if (!this.open) return;
    this.start();
    this.ended = true;
    this.setup.raw.end(terminal);
    this.over();
  }

  fail(error: unknown): void {
    if (this.open) this.end(this.setup.renderError(error));
  }

  /** The reader may come back and go on where it was: it was too slow, or this process or the one behind it is leaving. */
  sendAway(reason: ResumeHint['reason']): void {
    if (!this.open) return;
    const { raw, view } = this.setup;
    sentAway.inc({ reason });
    this.end(view.resume({ reason, retryMs: RETRY_MS }));
    const timer = setTimeout(() => raw.destroy(), GOODBYE_MS).unref();
    raw.once('close', () => clearTimeout(timer));
  }

  /** Ends the stream where its caller is one of `subjects`. What it shows goes on; whoever still may can open it again. */
  endFor(subjects: ReadonlySet<string>): void {
    const { caller } = this.setup;
    if (!this.open || caller === undefined || !speaksFor(caller, subjects)) return;
    sentAway.inc({ reason: 'credential-ended' });
    const what = 'This stream was closed: its credential ended, or may do other things now than when it was opened.';
    this.fail(new AppError('unauthenticated', 'kernel.credential-ended', `${what} Sign in again if need be, and open it again.`));
  }

  /** Leaves the response as it is: nothing was sent, and somebody else answers. */
  abandon(): void {
    this.cleanUp = undefined;
    this.setup.raw.off('close', this.over);
    this.over();
  }

  /** The wheel's visit every few seconds: opens a silent stream, keeps a quiet one alive, gives up one whose reader takes nothing. */
  visit(now: number): void {
    if (!this.open) return;
    if (this.setup.raw.writableLength > 0) {
      if (this.stuckSince === 0) this.stuckSince = now;
      else if (now - this.stuckSince > STUCK_MS) this.sendAway('slow-reader');
      return;
    }
    this.stuckSince = 0;
    if (this.quietVisits++ > 0 || !this.started) this.write(HEARTBEAT);
  }

  /** Resolves when the reader has taken what was written, or is gone; undefined when it can take more now. */
  drained(): Promise<void> | undefined {
    const { raw } = this.setup;
    if (!this.open || !raw.writableNeedDrain) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        raw.off('drain', done);
        raw.off('close', done);
        resolve();
      };
      raw.once('drain', done);
      raw.once('close', done);
    });
  }

  /** As bytes, of which Node makes a third less work than of text: the frame and its chunk's borders leave in one write. */
  private write(frames: string | Buffer): void {
    this.start();
    this.quietVisits = 0;
    this.setup.raw.write(typeof frames === 'string' ? Buffer.from(frames) : frames);
  }

  private readonly over = (): void => {
    this.ended = true;
    this.onOver(this);
    this.controller?.abort();
    const { cleanUp } = this;
    this.cleanUp = undefined;
    cleanUp?.();
  };
}
