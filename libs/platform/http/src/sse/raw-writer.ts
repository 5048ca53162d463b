import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/**
 * Writes a streamed body onto the socket itself, with the chunk framing of HTTP/1.1 around it: ServerResponse.write makes four writes and
 * a corked flush of every frame, which costs more than half of a token. Where the response is not chunked (HTTP/1.0), waits behind another
 * one on its connection, or has no real socket (`app.inject`), ServerResponse does it.
 */
export class RawWriter {
  private socket?: Socket;

  constructor(readonly raw: ServerResponse) {}

  /** Sends the head now. */
  open(headers: Record<string, string | string[] | number | undefined>): void {
    const { raw } = this;
    raw.writeHead(200, headers as never);
    raw.flushHeaders();
    if (raw.chunkedEncoding && raw.socket instanceof Socket && raw.writableLength === raw.socket.writableLength) this.socket = raw.socket;
  }

  write(frames: string | Buffer): void {
    const { socket } = this;
    if (!socket) this.raw.write(frames);
    else if (typeof frames === 'string') socket.write(`${Buffer.byteLength(frames).toString(16)}\r\n${frames}\r\n`);
    else {
      socket.cork();
      socket.write(`${frames.length.toString(16)}\r\n`, 'latin1');
      socket.write(frames);
      socket.write('\r\n', 'latin1');
      socket.uncork();
    }
  }

  end(): void {
    this.raw.end();
  }

  /** Bytes that Node still holds. */
  get lag(): number {
    return this.raw.writableLength;
  }

  /** Resolves when the reader has taken what was written, or is gone; undefined when it can take more now. */
  drained(): Promise<void> | undefined {
    const source = this.socket ?? this.raw;
    if (!source.writableNeedDrain || source.destroyed) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        source.off('drain', done);
        source.off('close', done);
        resolve();
      };
      source.once('drain', done);
      source.once('close', done);
    });
  }
}
