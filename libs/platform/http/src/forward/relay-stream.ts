import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#platform/core';
import { type ProblemView, problemOf } from '../problems/problem.js';
import type { Connection } from '../sse/connection.js';
import { nativeView, type SseView } from '../sse/event.js';
import type { OpenStreams } from '../sse/open-streams.js';
import { WholeFrames } from './whole-frames.js';

/**
 * Hands a stream on frame by frame, as fast as its reader takes it: what is not read stays with the process that makes it, and a reader who
 * leaves ends it there. When that process dies, or this one drains, the reader is told to come back: the run goes on, and its log is kept.
 */
export function relayStream(request: FastifyRequest, reply: FastifyReply, body: Readable, streams: OpenStreams): void {
  request.flow.streamed = true;
  const connection = streams.open({
    raw: reply.raw,
    headers: () => {
      reply.hijack();
      return reply.getHeaders();
    },
    view: { resume: request.routeOptions.config.problems ? inForeignWords(request.routeOptions.config.problems) : nativeView.resume },
    renderError: () => '',
  });
  connection.whenOver(() => body.destroy());
  connection.start();
  void pump(body as AsyncIterable<Buffer>, connection);
}

async function pump(body: AsyncIterable<Buffer>, connection: Connection): Promise<void> {
  const frames = new WholeFrames();
  try {
    for await (const chunk of body) {
      const whole = frames.read(chunk);
      if (whole.length > 0 && connection.push(whole)) await connection.drained();
      if (!connection.open) return;
    }
    connection.end('');
  } catch {
    connection.sendAway('lost');
  }
}

/** A protocol that is not ours has no word for "come back": its clients get an error that says where the rest is. */
function inForeignWords(view: ProblemView): SseView<never>['resume'] {
  const text = 'The connection to the process that answers broke, or this one restarts. The answer goes on: read its run for the rest.';
  const problem = problemOf(new AppError('unavailable', 'kernel.stream-interrupted', text));
  return () => `data: ${JSON.stringify(view(problem))}\n\n`;
}
