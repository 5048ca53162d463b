import { nativeView, type SseEvent, type SseView } from './event.js';

export interface SseOptions<Part = SseEvent> {
  /** The protocol shown on the wire; native when left out. */
  view?: SseView<Part>;
  /** Bytes a reader may lag behind before it is sent away with a resume hint. Default 256 KiB. */
  maxLagBytes?: number;
}

/** Pushed frames are rendered by the log itself: of its view, the edge uses what is not a part. */
export interface PushOptions {
  view?: Pick<SseView<never>, 'headers' | 'error' | 'resume'>;
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

/** Called in the request's flow before the first byte: throw here and the caller gets an ordinary problem response. Returns how to unsubscribe. */
export type Attach = (sink: StreamSink) => void | (() => void) | Promise<void | (() => void)>;

/** What a controller returns to answer with a stream; the edge writes it. */
export class SseAnswer<Part = SseEvent> {
  constructor(
    readonly source: { parts: AsyncIterable<Part> } | { attach: Attach },
    readonly view: SseView<Part>,
    readonly options: SseOptions<Part>,
  ) {}
}

/**
 * Answers with the parts of an async iterable. It is pulled inside the request's flow and only as fast as the reader takes it; an error
 * before the first part is an ordinary problem response, a later one an `error` event; `return()` is called on it when the reader leaves.
 * @example `return sse(this.runs.follow(id, after));`
 */
export function sse<Part = SseEvent>(parts: AsyncIterable<Part>, options: SseOptions<Part> = {}): SseAnswer<Part> {
  return new SseAnswer<Part>({ parts }, options.view ?? (nativeView as unknown as SseView<Part>), options);
}

/**
 * Answers with what a log pushes: the cheap form for one log with many readers, or many logs with short frames, since a frame is
 * rendered once and no promise, generator or timer exists per part and connection.
 * @example `return ssePush((sink) => this.log.subscribe(runId, after, sink));`
 */
export function ssePush(attach: Attach, { view = nativeView, maxLagBytes }: PushOptions = {}): SseAnswer<never> {
  return new SseAnswer<never>({ attach }, view as SseView<never>, { maxLagBytes });
}
