import { nativeView, type SseView } from './event.js';

/** Frames are rendered by the log itself: of its view, the edge uses what is not a part. */
interface SseOptions {
  /** The protocol shown on the wire; native when left out. */
  view?: Pick<SseView<never>, 'headers' | 'error' | 'resume'>;
  /** Bytes a reader may lag behind before it is sent away with a resume hint. Default 256 KiB. */
  maxLagBytes?: number;
}

/** Where a log pushes frames of one connection. Every method is safe to call after the connection is gone. */
export interface StreamSink {
  /**
   * Writes one or more whole frames, rendered by the caller once for all the connections that get them. Frames pushed within one tick
   * leave in one write. False when the reader is gone or was sent away for being too slow: unsubscribe.
   */
  push(frames: string | Buffer): boolean;
  /** Writes the terminal frame and closes; nothing is written after it. */
  end(terminal: string | Buffer): void;
  /** Ends with the view's error frame. */
  fail(error: unknown): void;
  /** Aborted when the reader left, was sent away, or the process drains. */
  readonly signal: AbortSignal;
  readonly open: boolean;
}

/**
 * Called in the request's flow before the first byte: throw here and the caller gets an ordinary problem response. Returns how to
 * unsubscribe.
 */
type Attach = (sink: StreamSink) => void | (() => void) | Promise<void | (() => void)>;

/** What a controller returns to answer with a stream; the edge writes it. */
export class SseAnswer {
  constructor(readonly attach: Attach, readonly options: SseOptions) {}

  get view(): NonNullable<SseOptions['view']> {
    return this.options.view ?? nativeView;
  }
}

/**
 * Answers with what a log pushes: a frame is rendered once for all its readers, and no promise, generator or timer exists per part and
 * connection.
 * @example `return ssePush((sink) => this.log.subscribe(runId, after, sink));`
 */
export function ssePush(attach: Attach, options: SseOptions = {}): SseAnswer {
  return new SseAnswer(attach, options);
}
