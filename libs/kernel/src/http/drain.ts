import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lifecycle } from './lifecycle.js';
import type { OpenStreams } from './sse/open-streams.js';

export interface DrainParts {
  server: Server;
  streams: OpenStreams;
  lifecycle: Lifecycle;
  graceMs: number;
  /** Ends jobs and events; at the same time as the streams, since both may take the whole grace. */
  stopWork: () => Promise<void>;
  close: () => Promise<void>;
}

/** Of the whole time, what is kept for the goodbye frames to arrive and for everything else to close. */
const GOODBYE_MS = 1_000;

/**
 * The way out: nothing new is accepted and readiness says 503; requests and streams that are open may finish until `graceMs`; then streams
 * get a resume hint, the run behind them goes on elsewhere or later, and everything closes.
 */
export async function drainEdge({ server, streams, lifecycle, graceMs, stopWork, close }: DrainParts): Promise<void> {
  lifecycle.leave();
  const closed = new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 250);
  const end = Date.now() + graceMs;
  await Promise.all([streams.drain(Math.max(0, graceMs - GOODBYE_MS)), stopWork()]);
  await Promise.race([closed, sleep(Math.max(GOODBYE_MS, end - Date.now()), undefined, { ref: false })]);
  clearInterval(idle);
  server.closeAllConnections();
  await close();
}
