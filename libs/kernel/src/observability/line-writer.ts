import { type DestinationStream, pino } from 'pino';

const FLUSH_AT_BYTES = 16_000;
const FLUSH_AFTER_MS = 100;

/**
 * Standard output in blocks of 16 KB, or after 100 ms at the latest: a system call per line would cost more than all the rest of a
 * request. What is buffered is written when the process exits or crashes; only kill -9 can take up to 100 ms of lines along.
 */
export function bufferedStdout(): DestinationStream {
  const out = pino.destination({ dest: 1, sync: true, minLength: FLUSH_AT_BYTES });
  let timer: NodeJS.Timeout | undefined;
  process.once('exit', () => out.flushSync());
  return {
    write(line: string): void {
      out.write(line);
      timer ??= setTimeout(() => {
        timer = undefined;
        out.flushSync();
      }, FLUSH_AFTER_MS).unref();
    },
  };
}
