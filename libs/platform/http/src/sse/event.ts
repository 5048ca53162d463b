import type { Problem } from '../problems/problem.js';

/** How a log is shown on the wire: one implementation per protocol (native, OpenAI chunks, AI SDK), all over the same log. */
export interface SseView<Part> {
  /** Response headers of this protocol, beside the ones every stream has. */
  headers?: Record<string, string>;
  /** The whole frame with its closing blank line; an empty text writes nothing. */
  render(part: Part): string;
  /** Nothing follows a terminal part: the stream is closed behind it. */
  isTerminal(part: Part): boolean;
  /** What closes a stream whose source ended without a terminal part. */
  end(): string;
  error(problem: Problem): string;
  /** Tells a reader who is sent away (too slow, or the process drains) to come back and go on. */
  resume(hint: ResumeHint): string;
}

export interface ResumeHint {
  /** `lost`: the process that made the stream went away while another one handed it on. */
  reason: 'slow-reader' | 'draining' | 'lost';
  retryMs: number;
}

/** `id:`, `event:`, `data:` (one line of JSON); `done` or `error` last; `resume` when the reader should reconnect with Last-Event-ID. */
export const nativeView: Pick<SseView<never>, 'error' | 'resume'> = {
  error: (problem) => `event: error\ndata: ${JSON.stringify(problem)}\n\n`,
  resume: ({ reason, retryMs }) => `retry: ${retryMs}\nevent: resume\ndata: ${JSON.stringify({ reason, retryMs })}\n\n`,
};
