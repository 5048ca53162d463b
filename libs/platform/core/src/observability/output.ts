import { pino } from 'pino';

const STDOUT = 1;
const BLOCK_BYTES = 16_383;
const FLUSH_AFTER_MS = 100;

/** When whoever reads our output stands still (a full pipe), this much is kept; what comes on top is dropped and counted. */
const MAX_KEPT_BYTES = 8_388_608;

/**
 * Standard output in blocks of 16 KB, or after 100 ms at the latest: a system call per line would cost more than all the rest of a
 * request. Written off the main thread, so that a reader who stands still holds up nobody. What is buffered is written when the process
 * exits or crashes; only kill -9 can take up to 100 ms of lines along.
 */
export function bufferedOutput(descriptor: number = STDOUT): ReturnType<typeof pino.destination> {
  const output = pino.destination({ dest: descriptor, sync: false, minLength: BLOCK_BYTES, maxLength: MAX_KEPT_BYTES,
    periodicFlush: FLUSH_AFTER_MS });
  let dropped = 0;
  output.on('drop', () => (dropped += 1));
  output.on('drain', () => {
    const lines = dropped;
    dropped = 0;
    if (lines > 0) output.write(`{"level":"warn","context":"log","message":"${lines} lines were dropped: the reader of standard output ` +
      `did not keep up"}\n`);
  });
  // The reader closed it: there is nobody to tell.
  output.on('error', () => undefined);
  return output;
}
