import { connect, type Socket } from 'node:net';

/**
 * A load generator in a process of its own: keep-alive connections, one request at a time on each. Prints how many were answered and the
 * latencies in ms.
 */
const [host, port, connections, seconds, token, path = '/v1/thing'] = process.argv.slice(2);
const request = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: ${host}:${port}\r\nauthorization: Bearer ${token}\r\n\r\n`);
const latencies: number[] = [];
let answered = 0;
let failed = 0;
let running = true;

function open(): Socket {
  const socket = connect(Number(port), host);
  socket.setNoDelay(true);
  let sentAt = 0;
  let buffered = '';
  const send = (): void => {
    sentAt = performance.now();
    socket.write(request);
  };
  socket.on('connect', send);
  socket.on('data', (chunk) => {
    buffered += chunk.toString('latin1');
    const head = buffered.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(buffered)?.[1] ?? 0);
    if (buffered.length < head + 4 + length) return;
    if (!buffered.startsWith('HTTP/1.1 200')) failed += 1;
    buffered = '';
    answered += 1;
    if (answered % 8 === 0) latencies.push(performance.now() - sentAt);
    if (running) send();
    else socket.destroy();
  });
  return socket;
}

for (let at = 0; at < Number(connections); at++) open();
setTimeout(() => {
  running = false;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(share * (latencies.length - 1))] ?? 0;
  process.stdout.write(JSON.stringify({ answered, failed, p50: at(0.5), p99: at(0.99) }), () => process.exit(0));
}, Number(seconds) * 1_000);
