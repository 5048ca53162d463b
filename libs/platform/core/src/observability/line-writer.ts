import { writeSync } from 'node:fs';

export interface LineWriter {
  write(line: string): unknown;
}

const STDOUT = 1;
const FLUSH_AT_CHARACTERS = 16_384;
const FLUSH_AFTER_MS = 100;

/** When whoever reads our output stands still (a full pipe), this much is kept; what comes on top is dropped and counted. */
const MAX_KEPT_CHARACTERS = 8_388_608;

/**
 * Standard output in blocks of 16 KB, or after 100 ms at the latest: a system call per line would cost more than all the rest of a
 * request. What is buffered is written when the process exits or crashes; only kill -9 can take up to 100 ms of lines along.
 */
export class BufferedOutput implements LineWriter {
  private text = '';
  private rest?: Buffer;
  private dropped = 0;
  private timer?: NodeJS.Timeout;

  constructor(private readonly descriptor: number = STDOUT) {
    process.once('exit', () => this.flush());
  }

  write(line: string): void {
    if (this.text.length > MAX_KEPT_CHARACTERS) {
      this.dropped += 1;
      return;
    }
    this.text += line;
    if (this.text.length >= FLUSH_AT_CHARACTERS && !this.rest) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), FLUSH_AFTER_MS).unref();
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.dropped > 0) this.text += `{"level":"warn","context":"log","message":"${this.dropped} lines were dropped: the reader of standard output did not keep up"}\n`;
    this.dropped = 0;
    let bytes = Buffer.concat([this.rest ?? Buffer.alloc(0), Buffer.from(this.text)]);
    this.text = '';
    this.rest = undefined;
    while (bytes.length > 0) {
      try {
        bytes = bytes.subarray(writeSync(this.descriptor, bytes));
      } catch (error) {
        // A full pipe: later. Anything else (the reader closed it): there is nobody to tell.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
        this.rest = bytes;
        this.timer = setTimeout(() => this.flush(), FLUSH_AFTER_MS).unref();
        return;
      }
    }
  }
}
