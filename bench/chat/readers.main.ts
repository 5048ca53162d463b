import { type Socket, connect } from 'node:net';

/**
 * Readers of the chat bench: opens one stream for each of the paths it is sent (as many at once as told), says when all are open, and tells
 * on request the gaps between what arrived on each. Raw sockets and one shared buffer, so that reading costs little beside what is
 * measured.
 */
interface Order {
  port: number;
  key: string;
  paths: string[];
  /** A POST of this body; GET without one. */
  body?: string;
  atOnce: number;
}

const MAX_GAP_MS = 5_000;
const shared = Buffer.alloc(65_536);
const sockets: Socket[] = [];
let gaps = new Uint32Array(MAX_GAP_MS + 1);
let recording = false;
let arrivals = 0;
let open = 0;

function openAll({ port, key, paths, body, atOnce }: Order): void {
  let next = 0;
  const openOne = (): void => {
    const path = paths[next++];
    if (path === undefined) return;
    let last = 0;
    let answered = false;
    const arrived = (): boolean => {
      const now = performance.now();
      if (!answered) {
        answered = true;
        if (++open === paths.length) process.send!({ open });
        openOne();
      } else if (recording && last > 0) {
        arrivals++;
        gaps[Math.min(MAX_GAP_MS, Math.round(now - last))]! += 1;
      }
      last = now;
      return true;
    };
    const head = `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ` +
      `${key}\r\naccept: text/event-stream\r\n`;
    const request = body === undefined ? `${head}\r\n`
      : `${head}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const socket = connect({ port, host: '127.0.0.1', onread: { buffer: shared, callback: arrived } }, () => socket.write(request));
    socket.on('error', (error) => {
      throw error;
    });
    sockets.push(socket);
  };
  for (let at = 0; at < atOnce; at++) openOne();
}

process.on('message', (message: Order | 'record' | 'gaps') => {
  if (message === 'record') {
    gaps = new Uint32Array(MAX_GAP_MS + 1);
    arrivals = 0;
    recording = true;
  } else if (message === 'gaps') process.send!({ gaps: [...gaps], arrivals });
  else openAll(message);
});
process.send!('ready');
