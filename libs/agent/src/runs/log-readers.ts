import { nativeView, type SseView, type StreamSink } from '#platform/http';
import { PushQueue, toAppError } from '#platform/core';
import type { RunEvent } from '../contract.js';
import type { LogReader } from './run-log.js';
import { type LogEntry, frameOf, isEnd, toEvent } from './log-entry.js';

/** The native stream: one frame per line of the log, under its id. */
export const nativeRunView: SseView<LogEntry> = {
  render: frameOf,
  isTerminal: isEnd,
  end: () => '',
  error: nativeView.error,
  resume: nativeView.resume,
};

/** Shows a log on one connection, in whatever protocol the view speaks. */
export function sinkReader(sink: StreamSink, view: SseView<LogEntry>): LogReader {
  return {
    read: (entries) => {
      let frames = '';
      for (const entry of entries) {
        frames += view.render(entry);
        if (view.isTerminal(entry)) {
          sink.end(frames);
          return false;
        }
      }
      return frames === '' ? sink.open : sink.push(frames);
    },
    fail: (error) => sink.fail(error),
  };
}

/** A log as an async iterable, for callers of the contract. Stops following when the caller stops reading. */
export async function* iterateLog(follow: (reader: LogReader) => Promise<() => void>): AsyncGenerator<RunEvent> {
  const entries = new PushQueue<LogEntry>();
  const stop = await follow({
    read: (more) => {
      entries.push(...more);
      return true;
    },
    fail: (error) => entries.end(toAppError(error)),
  });
  try {
    for await (const entry of entries) {
      yield toEvent(entry);
      if (isEnd(entry)) return;
    }
  } finally {
    stop();
  }
}
