import type { ServerResponse } from 'node:http';
import type { ModelFault, ModelReply, RecordedRequest } from './reply.js';

/**
 * Writes frames on their schedule. One callback per frame and no promise, because a bench plays 5,000 of these at once
 * (100,000 frames a second) on a core it shares with what it measures.
 */
export function play(response: ServerResponse, frames: string[], reply: ModelReply, record: RecordedRequest): void {
  const start = performance.now();
  const due = schedule(reply);
  let timer: NodeJS.Timeout | undefined;

  const step = (): void => {
    while (record.sent < frames.length) {
      if (response.destroyed) return;
      if (reply.fault && record.sent >= reply.fault.after) return fail(response, reply.fault.kind, record);
      const wait = start + due(record.sent) - performance.now();
      if (wait > 0.5) {
        timer = setTimeout(step, wait);
        return;
      }
      if (!response.write(frames[record.sent++])) {
        response.once('drain', step);
        return;
      }
    }
    record.finished = true;
    response.end();
  };

  response.once('close', () => {
    clearTimeout(timer);
    record.aborted = !record.finished;
  });
  step();
}

/** Cutting waits until what was written has left: the client must see the parts before the cut. */
export function fail(response: ServerResponse, kind: ModelFault, record: RecordedRequest): void {
  if (kind === 'stall') return;
  record.finished = true;
  if (kind === 'cut') setTimeout(() => response.destroy(), 10);
  else response.end('data: {"id":"chatcmpl-broken","choices":[{"delta\n\n');
}

/** Milliseconds from the start at which frame `n` is due. The closing frames after the last delay follow at once. */
function schedule({ firstDelayMs = 0, delayMs = 0 }: ModelReply): (frame: number) => number {
  if (typeof delayMs === 'number') return (frame) => firstDelayMs + frame * delayMs;
  const times = [firstDelayMs];
  for (const delay of delayMs) times.push(times.at(-1)! + delay);
  return (frame) => times[Math.min(frame, times.length - 1)]!;
}
