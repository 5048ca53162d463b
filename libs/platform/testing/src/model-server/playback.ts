import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { ModelFault, ModelReply, RecordedRequest } from './reply.js';

/**
 * Writes frames on their schedule. Each write is one HTTP chunk made here and given to the socket whole: node:http would send it as
 * three pieces, at 37 us of CPU instead of 24. No promise per frame either; a bench plays thousands of streams at once on a core it
 * shares with what it measures.
 */
export function play(response: ServerResponse, frames: string[], reply: ModelReply, record: RecordedRequest): void {
  if (reply.quirks?.includes('gzip')) return zipped(response, frames, record);
  const socket = response.socket!;
  const start = performance.now();
  const due = schedule(reply);
  const burst = reply.burst ?? 1;
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
      const next = Math.min(record.sent + burst, reply.fault?.after ?? frames.length, frames.length);
      const flowing = socket.write(chunk(frames.slice(record.sent, next).join('')));
      record.sent = next;
      if (!flowing) {
        socket.once('drain', step);
        return;
      }
    }
    record.finished = true;
    if (!reply.quirks?.includes('open-end')) response.end();
  };

  response.once('close', () => {
    clearTimeout(timer);
    socket.off('drain', step);
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

function zipped(response: ServerResponse, frames: string[], record: RecordedRequest): void {
  record.sent = frames.length;
  record.finished = true;
  response.end(gzipSync(frames.join('')));
}

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** Milliseconds from the start at which frame `n` is due. The closing frames after the last delay follow at once. */
function schedule({ firstDelayMs = 0, delayMs = 0 }: ModelReply): (frame: number) => number {
  if (typeof delayMs === 'number') return (frame) => firstDelayMs + frame * delayMs;
  const times = [firstDelayMs];
  for (const delay of delayMs) times.push(times.at(-1)! + delay);
  return (frame) => times[Math.min(frame, times.length - 1)]!;
}
