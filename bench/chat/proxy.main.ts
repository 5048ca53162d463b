import { Agent, createServer, request } from 'node:http';

/**
 * The least a server between a reader and a model can do: passes request and stream on, byte by byte. Ends when its parent closes its
 * stdin.
 */
const upstream = new URL(process.argv[2]!);
const agent = new Agent({ keepAlive: true });

const server = createServer((incoming, outgoing) => {
  const { host: _host, connection: _connection, ...headers } = incoming.headers;
  const call = request({ host: upstream.hostname, port: upstream.port, path: incoming.url, method: incoming.method, headers,
    agent }, (answer) => {
    outgoing.writeHead(answer.statusCode!, answer.headers);
    outgoing.flushHeaders();
    answer.on('data', (chunk: Buffer) => outgoing.write(chunk));
    answer.on('end', () => outgoing.end());
  });
  call.on('error', () => outgoing.destroy());
  incoming.pipe(call);
});
server.listen(0, '127.0.0.1',
  () => process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}/v1` })}\n`));
process.stdin.resume().once('end', () => process.exit(0));
