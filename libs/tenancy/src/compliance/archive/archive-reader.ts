import { createHash } from 'node:crypto';
import type { ArchiveFile } from '#platform/privacy';
import type { ArchiveKey } from './archive-key.js';
import { MANIFEST, MOST_MANIFEST_BYTES, type Manifest, SIGNATURE, readManifest } from './manifest.js';
import { type TarEntry, broken, hashing, readTar } from './tar.js';

const MOST_SIGNATURE_BYTES = 4_096;

export interface ReadFile extends ArchiveFile {
  content: AsyncIterable<Uint8Array>;
}

/**
 * An archive as it streams by: first its manifest, believed once its signature is checked, then the files exactly as the manifest lists
 * them.
 */
export class ArchiveReader {
  private constructor(
    readonly manifest: Manifest,
    private readonly entries: AsyncGenerator<TarEntry>,
  ) {}

  /** Throws what is wrong with it before anything else of it is read. */
  static async open(source: AsyncIterable<Uint8Array>, key: ArchiveKey, trusted: readonly string[],
    mostBytes: number): Promise<ArchiveReader> {
    const entries = readTar(source);
    const text = await small(entries, MANIFEST, MOST_MANIFEST_BYTES);
    const signature = await small(entries, SIGNATURE, MOST_SIGNATURE_BYTES);
    key.assertSigned(text, signatureOf(signature), trusted);
    const manifest = readManifest(text.toString());
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    if (bytes > mostBytes) throw broken(`it holds ${bytes} bytes, and ATOLL_ARCHIVE_GIGABYTES allows ${mostBytes}`);
    return new ArchiveReader(manifest, entries);
  }

  /** Each must be read to its end; throws where one is not what the manifest says, or where there is more or less than it says. */
  async *files(): AsyncGenerator<ReadFile> {
    for (const file of this.manifest.files) {
      const { value: entry } = (await this.entries.next()) as { value?: TarEntry };
      if (!entry || entry.name !== file.path || entry.bytes !== file.bytes)
        throw broken(`where ${file.path} should be, it holds ` +
          `${entry ? `${JSON.stringify(entry.name).slice(0, 100)} of ${entry.bytes} bytes` : 'nothing'}`);
      const hash = createHash('sha256');
      yield { ...file, content: hashing(entry.content, hash) };
      if (hash.digest('hex') !== file.sha256) throw broken(`${file.path} is not what was signed`);
    }
    const { value: more } = (await this.entries.next()) as { value?: TarEntry };
    if (more) throw broken(`it holds more than its manifest lists: ${JSON.stringify(more.name).slice(0, 100)}`);
  }
}

async function small(entries: AsyncGenerator<TarEntry>, name: string, most: number): Promise<Buffer> {
  const { value: entry } = (await entries.next()) as { value?: TarEntry };
  if (entry?.name !== name) throw broken(`it does not begin with ${MANIFEST} and ${SIGNATURE}`);
  if (entry.bytes > most) throw broken(`its ${name} is larger than ${most} bytes`);
  const parts: Buffer[] = [];
  for await (const part of entry.content) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

function signatureOf(text: Buffer): { key: string; signature: string } {
  try {
    const { key, signature } = JSON.parse(text.toString()) as { key?: unknown; signature?: unknown };
    if (typeof key === 'string' && typeof signature === 'string') return { key, signature };
  } catch {
    // Told below.
  }
  throw broken('its signature cannot be read');
}
