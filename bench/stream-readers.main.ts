import { connect } from 'node:net';

/**
 * Readers of the streams bench: opens `count` streams, says when all are open, and tells on request the gaps between what arrived on each.
 */
const [port, count] = [Number(process.argv[2]), Number(process.argv[3])];
const request = `GET /v1/streams HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer bench-token\r\naccept: ` +
  `text/event-stream\r\n\r\n`;
const OPENING_AT_ONCE = 200;
const MAX_GAP_MS = 2_000;

const shared = Buffer.alloc(65_536);
let gaps = new Uint32Array(MAX_GAP_MS + 1);
let recording = false;
let open = 0;
let begun = 0;

function openOne(): void {
  if (begun >= count) return;
  begun += 1;
  let last = 0;
  let answered = false;
  // One buffer for all: at 100,000 arrivals a second the readers would otherwise need more than a core, and be what is measured.
  const socket = connect({ port, host: '127.0.0.1', onread: { buffer: shared, callback: () => arrived() } }, () => socket.write(request));
  socket.on('error', (error) => {
    throw error;
  });
  const arrived = (): boolean => {
    const now = performance.now();
    if (!answered) {
      answered = true;
      open += 1;
      if (open === count) process.send!('open');
      openOne();
    } else if (recording && last > 0) gaps[Math.min(MAX_GAP_MS, Math.round(now - last))]! += 1;
    last = now;
    return true;
  };
}

process.on('message', (message) => {
  if (message === 'record') {
    gaps = new Uint32Array(MAX_GAP_MS + 1);
    recording = true;
  } else if (message === 'gaps') process.send!({ gaps: [...gaps] });
});
for (let at = 0; at < Math.min(OPENING_AT_ONCE, count); at++) openOne();
