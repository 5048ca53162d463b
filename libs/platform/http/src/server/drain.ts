import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { settledWithin } from '#platform/core';
import type { Lifecycle } from '../health/lifecycle.js';
import type { OpenStreams } from '../sse/open-streams.js';

interface DrainParts {
  server: Server;
  silent: SilentConnections;
  streams: OpenStreams;
  lifecycle: Lifecycle;
  /** Requests are still taken for so long, while readiness says 503 already. */
  delayMs: number;
  graceMs: number;
  /** Ends jobs and events; at the same time as the streams, since both may take the whole grace. */
  stopWork: () => Promise<void>;
  close: () => Promise<void>;
}

/** Of the whole time, what is kept for the goodbye frames to arrive and for everything else to close. */
const GOODBYE_MS = 1_000;

/**
 * Connections that never asked anything, which Node counts as busy and a drain must not wait for: browsers and pools open one ahead of the
 * request that they expect.
 */
export class SilentConnections {
  private readonly open = new Set<Socket>();

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.open.add(socket);
      socket.once('close', () => this.open.delete(socket));
    });
  }

  close(): void {
    for (const socket of this.open) if (socket.bytesRead === 0) socket.destroy();
  }
}

/**
 * The way out: readiness says 503, and after `delayMs`, in which load balancers see it, nothing new is accepted; requests and streams that
 * are open may finish until `graceMs`; then streams get a resume hint, the run behind them goes on elsewhere or later, and everything
 * closes.
 */
export async function drainEdge({ server, silent, streams, lifecycle, delayMs, graceMs, stopWork, close }: DrainParts): Promise<void> {
  lifecycle.announce();
  if (delayMs > 0) await pause(delayMs);
  lifecycle.leave();
  const closed = new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
  const closeIdle = (): void => {
    server.closeIdleConnections();
    silent.close();
  };
  closeIdle();
  const idle = setInterval(closeIdle, 250);
  const end = Date.now() + graceMs;
  await Promise.all([streams.drain(Math.max(0, graceMs - GOODBYE_MS)), stopWork()]);
  await settledWithin(closed, Math.max(GOODBYE_MS, end - Date.now()));
  clearInterval(idle);
  server.closeAllConnections();
  await close();
}
