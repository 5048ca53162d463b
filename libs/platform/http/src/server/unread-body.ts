import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** What is read and thrown away behind an early answer, so that the connection can go on. */
const MOST_BYTES = 4_194_304;

/** How long the rest may take, and how long a connection that is closed waits for its client to read the answer. */
const LINGER_MS = 5_000;

/**
 * An answer may leave before the body has come: a refusal, or a form whose rest nobody wants. What is left is read and thrown away, else
 * the next request on the connection would wait for ever; where it is too much, the answer says that the connection closes behind it, and
 * it does, once the client had time to read the answer. A Fastify onSend hook.
 */
export function settleUnreadBody({ raw }: FastifyRequest, reply: FastifyReply, payload: unknown,
  done: (error: null, payload: unknown) => void): void {
  const length = raw.headers['transfer-encoding'] === undefined ? Number(raw.headers['content-length'] ?? 0) : Infinity;
  // Undefined where no connection is behind the request.
  if (length > 0 && raw.complete === false) {
    const goesOn = length <= MOST_BYTES;
    if (goesOn) reply.removeHeader('connection');
    else {
      reply.header('connection', 'close');
      raw.socket.destroySoon = () => closeSlowly(raw.socket);
    }
    reply.raw.once('finish', () => throwAway(raw));
  }
  done(null, payload);
}

/** Our side ends, and what the client still sends is read for a while: a connection that is reset takes the answer with it. */
export function closeSlowly(socket: Socket): void {
  socket.end();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}

function throwAway(raw: IncomingMessage): void {
  const { socket } = raw;
  const give = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  let bytes = 0;
  raw.unpipe();
  raw.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) socket.destroy();
  });
  const over = (): void => clearTimeout(give);
  raw.once('end', over).once('close', over);
  raw.resume();
}
