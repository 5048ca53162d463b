import type { PGlite } from '@electric-sql/pglite';

const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);
/** PGlite's status for Postgres' own error jump, the one exception that is none. */
const ERROR_JUMP = 100;

/**
 * Runs message groups synchronously and gives the replies. The callback keeps PGlite from parsing (and keeping) every reply it passes on.
 * PGlite also swallows WASM traps and exits, and goes on with memory it cannot trust: `die` must not return.
 */
export async function executor(db: PGlite, die: (why: string) => void): Promise<(bytes: Buffer) => Buffer> {
  const loop = db.Module._PostgresMainLoopOnce;
  db.Module._PostgresMainLoopOnce = () => {
    try {
      loop();
    } catch (error) {
      const { status, message } = error as { status?: number; message?: string };
      if (status !== ERROR_JUMP) die(message ?? String(error));
      throw error;
    }
  };
  let chunks: Buffer[] = [];
  await db.execProtocolRawStream(SYNC, { syncToFs: false, onRawData: (bytes) => void chunks.push(Buffer.from(bytes)) });
  return (bytes) => {
    chunks = [];
    db.execProtocolRawSync(bytes);
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  };
}
