import { AppError } from '#kernel';

const BLOCK = 512;
const LONGEST_NAME = 100;
/** Above this, eleven octal digits do not hold a size; it is then written in base 256, as GNU tar does. */
const MOST_OCTAL = 0o77777777777;

/** The header of one file of a tar (POSIX ustar), enough for what Atoll writes: plain files with short names. */
export function tarHeader(name: string, bytes: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const names = split(name);
  block.write(names.name, 0, 'utf8');
  block.write('0000600\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  if (bytes > MOST_OCTAL) {
    block.writeBigUInt64BE(BigInt(bytes), 128);
    block[124] = 0x80;
  } else block.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write('0', 156);
  block.write('ustar\x0000', 257, 'latin1');
  block.write(names.prefix, 345, 'utf8');
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** What fills a file's last block. */
export function tarPadding(bytes: number): Buffer {
  return Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK);
}

export const TAR_END = Buffer.alloc(2 * BLOCK);

export interface TarEntry {
  name: string;
  bytes: number;
  /** To be read to its end, or with `skip`, before the next entry. */
  content: AsyncIterable<Buffer>;
}

/** Reads a tar as it streams by: never more than a chunk in memory, and nothing is a path but a name to compare. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const bytes = new Bytes(source);
  for (;;) {
    const block = await bytes.exactly(BLOCK);
    if (block.every((byte) => byte === 0)) return;
    const { name, size } = parsed(block);
    let left = size;
    const content = async function* (): AsyncGenerator<Buffer> {
      while (left > 0) {
        const chunk = await bytes.atMost(left);
        left -= chunk.length;
        yield chunk;
      }
    };
    yield { name, bytes: size, content: content() };
    while (left > 0) left -= (await bytes.atMost(left)).length;
    await bytes.exactly(tarPadding(size).length);
  }
}

function parsed(block: Buffer): { name: string; size: number } {
  const text = (from: number, length: number): string => block.toString('utf8', from, from + length).replace(/\0.*$/s, '');
  if (Number.parseInt(text(148, 8), 8) !== checksum(block)) throw broken('a header in it does not have its checksum');
  if (block[156] !== 0x30 && block[156] !== 0) throw broken('it holds something else than files');
  const prefix = text(345, 155);
  const size = block[124] === 0x80 ? Number(block.readBigUInt64BE(128)) : Number.parseInt(text(124, 12).trim(), 8);
  if (!Number.isSafeInteger(size) || size < 0) throw broken('a file in it has no size');
  return { name: prefix === '' ? text(0, LONGEST_NAME) : `${prefix}/${text(0, LONGEST_NAME)}`, size };
}

function split(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= LONGEST_NAME) return { name: path, prefix: '' };
  const at = path.indexOf('/', path.length - LONGEST_NAME - 1);
  if (at < 0 || at > 155) throw new AppError('internal', 'tenancy.archive-name', `"${path}" is too long a name for an archive. This is a bug in Atoll.`);
  return { name: path.slice(at + 1), prefix: path.slice(0, at) };
}

/** The sum of a header's bytes, its own field read as blanks. */
function checksum(block: Buffer): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

export function broken(what: string): AppError {
  return new AppError('invalid', 'tenancy.archive-broken', `The archive was refused: ${what}. Nothing of it was kept. Get it anew from where it was exported.`);
}

class Bytes {
  private readonly source: AsyncIterator<Uint8Array>;
  private held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.source = source[Symbol.asyncIterator]();
  }

  async atMost(length: number): Promise<Buffer> {
    if (this.held.length === 0) await this.more();
    const part = this.held.subarray(0, length);
    this.held = this.held.subarray(part.length);
    return part;
  }

  async exactly(length: number): Promise<Buffer> {
    while (this.held.length < length) await this.more();
    const part = this.held.subarray(0, length);
    this.held = this.held.subarray(length);
    return part;
  }

  private async more(): Promise<void> {
    const { done, value } = await this.source.next();
    if (done) throw broken('it ends too early');
    this.held = this.held.length === 0 ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.concat([this.held, value]);
  }
}
