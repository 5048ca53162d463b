import { Duplex } from 'node:stream';
import { authenticationOk, backendKeyData, CANCEL_REQUEST, FRONTEND, GSS_REQUEST, IDLE, parameterStatus, readStartup, readyForQuery,
  SSL_REQUEST } from './wire.js';

/** What a stream needs of the database behind it. */
export interface EngineLink {
  /** Server parameters for the greeting. */
  parameters(): Record<string, string>;
  open(stream: EmbeddedStream, secret: number, startup: Record<string, string>): void;
  run(connection: number, group: Buffer): void;
  cancel(connection: number, secret: number): void;
  close(connection: number): void;
}

/** Bytes a connection may have in flight before its writer is told to wait. */
const IN_FLIGHT = 4 * 1024 * 1024;

/**
 * One connection to the embedded database in the shape of a socket, for pg's `stream` option. Greets, cuts what is written into message
 * groups (up to Sync, Flush or a simple Query) and hands each to the engine whole.
 */
export class EmbeddedStream extends Duplex {
  #greeted = false;
  #opened = false;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Bytes that must be there before it is worth looking again. */
  #wanted = 8;
  /** Where the next unread message begins inside the pending bytes. */
  #scanned = 0;
  #inFlight: number[] = [];
  #inFlightBytes = 0;
  #held?: () => void;

  constructor(readonly connection: number, private readonly link: EngineLink) {
    super({ allowHalfOpen: false });
  }

  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** Bytes from the engine; ends the wait of a writer once enough was answered. */
  receive(bytes: Buffer): void {
    this.push(bytes);
    this.#inFlightBytes -= this.#inFlight.shift() ?? 0;
    if (this.#held && this.#inFlightBytes < IN_FLIGHT) {
      const go = this.#held;
      this.#held = undefined;
      go();
    }
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#take(chunk);
    this.#next(done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#take(chunks.length === 1 ? chunks[0]!.chunk : Buffer.concat(chunks.map(({ chunk }) => chunk)));
    this.#next(done);
  }

  override _final(done: () => void): void {
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.#opened) this.link.close(this.connection);
    this.#opened = false;
    done(error);
  }

  #next(done: () => void): void {
    if (this.#inFlightBytes < IN_FLIGHT) done();
    else this.#held = done;
  }

  #take(chunk: Buffer): void {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    while (this.#pendingBytes >= this.#wanted && !this.destroyed) {
      const bytes = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending);
      const used = this.#greeted ? this.#cut(bytes) : this.#greet(bytes);
      const rest = bytes.subarray(used);
      this.#pending = [rest];
      this.#pendingBytes = rest.length;
      if (used === 0) break;
    }
  }

  /** Sends the first whole group and tells how many bytes it took; 0 when it is not complete yet. */
  #cut(bytes: Buffer): number {
    for (let at = this.#scanned; at + 5 <= bytes.length; ) {
      const end = at + 1 + bytes.readInt32BE(at + 1);
      if (end > bytes.length) {
        this.#scanned = at;
        this.#wanted = end;
        return 0;
      }
      const type = bytes[at];
      if (type === FRONTEND.terminate) {
        this.push(null);
        this.destroy();
        return bytes.length;
      }
      if (type === FRONTEND.sync || type === FRONTEND.query || type === FRONTEND.flush) {
        this.#scanned = 0;
        this.#wanted = 5;
        this.#inFlight.push(end);
        this.#inFlightBytes += end;
        this.link.run(this.connection, bytes.subarray(0, end));
        return end;
      }
      at = end;
      this.#scanned = at;
    }
    this.#wanted = this.#scanned + 5;
    return 0;
  }

  #greet(bytes: Buffer): number {
    const length = bytes.readInt32BE(0);
    if (bytes.length < length) {
      this.#wanted = length;
      return 0;
    }
    const code = bytes.readInt32BE(4);
    if (code === SSL_REQUEST || code === GSS_REQUEST) {
      this.push(Buffer.from('N'));
    } else if (code === CANCEL_REQUEST) {
      this.link.cancel(bytes.readInt32BE(8), bytes.readInt32BE(12));
      this.push(null);
    } else {
      const startup = readStartup(bytes.subarray(0, length));
      const secret = Math.floor(Math.random() * 0x7fff_ffff);
      this.#greeted = true;
      this.#opened = true;
      this.#wanted = 5;
      this.link.open(this, secret, startup);
      const parameters = { ...this.link.parameters(),
        ...(startup.application_name === undefined ? {} : { application_name: startup.application_name }) };
      this.push(Buffer.concat([
        authenticationOk(),
        ...Object.entries(parameters).map(([name, value]) => parameterStatus(name, value)),
        backendKeyData(this.connection, secret),
        readyForQuery(IDLE),
      ]));
    }
    return length;
  }
}
