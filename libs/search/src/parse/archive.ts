import { inflateRawSync } from 'node:zlib';
import { Unreadable } from './unreadable.js';

interface ArchiveLimits {
  entries: number;
  /** Bytes of all entries together, unpacked. */
  unpackedBytes: number;
  /** Unpacked to packed size of one entry larger than 1 MiB. */
  ratio: number;
}

const ARCHIVE_LIMITS: ArchiveLimits = { entries: 5_000, unpackedBytes: 200 * 1024 * 1024, ratio: 200 };

interface Entry {
  name: string;
  method: number;
  packed: number;
  unpacked: number;
  at: number;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/** The parts of an archive by name; undefined for one that is not there. */
export type ReadPart = (name: string) => Buffer | undefined;

/**
 * Opens a ZIP archive (a .docx is one), and refuses one that would unpack to far more than it weighs: by what its directory says, and,
 * since a directory may lie, by unpacking each entry once against the same limits.
 */
export function openArchive(bytes: Uint8Array, limits: ArchiveLimits = ARCHIVE_LIMITS): ReadPart {
  const entries = directory(bytes, limits);
  let total = 0;
  const ranges: [number, number][] = [];
  for (const entry of entries) {
    total += entry.unpacked;
    if (total > limits.unpackedBytes) throw bomb();
    if (entry.unpacked > 1_048_576 && entry.unpacked > limits.ratio * Math.max(1, entry.packed)) throw bomb();
    ranges.push([entry.at, entry.at + entry.packed]);
  }
  ranges.sort((a, b) => a[0] - b[0]);
  // Entries that share their bytes are how a small file unpacks to petabytes.
  if (ranges.some(([from], index) => index > 0 && from < ranges[index - 1]![1])) throw bomb();
  for (const entry of entries) unpack(bytes, entry, limits);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return (name) => {
    const entry = byName.get(name);
    return entry && unpack(bytes, entry, limits);
  };
}

function unpack(bytes: Uint8Array, entry: Entry, limits: ArchiveLimits): Buffer {
  const packed = bytes.subarray(entry.at, entry.at + entry.packed);
  if (entry.method === 0) return Buffer.from(packed);
  if (entry.method !== 8) throw damaged();
  const allowed = Math.min(limits.unpackedBytes, entry.unpacked);
  try {
    const unpacked = inflateRawSync(packed, { maxOutputLength: Math.max(1, allowed) });
    if (unpacked.length > entry.unpacked) throw bomb();
    return unpacked;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw bomb();
    throw error instanceof Unreadable ? error : damaged();
  }
}

function directory(bytes: Uint8Array, limits: ArchiveLimits): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = -1;
  for (let at = bytes.length - 22; at >= Math.max(0, bytes.length - 65_557); at--) {
    if (view.getUint32(at, true) === END) {
      end = at;
      break;
    }
  }
  if (end < 0) throw damaged();
  const count = view.getUint16(end + 10, true);
  if (count === 0xffff || count > limits.entries) throw bomb();
  const entries: Entry[] = [];
  try {
    let at = view.getUint32(end + 16, true);
    for (let index = 0; index < count; index++) {
      if (view.getUint32(at, true) !== CENTRAL) throw damaged();
      const name = Buffer.from(bytes.subarray(at + 46, at + 46 + view.getUint16(at + 28, true))).toString();
      const local = view.getUint32(at + 42, true);
      if (view.getUint32(local, true) !== LOCAL) throw damaged();
      const data = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const packed = view.getUint32(at + 20, true);
      if (data + packed > bytes.length) throw damaged();
      if (!name.endsWith('/'))
        entries.push({ name, method: view.getUint16(at + 10, true), packed, unpacked: view.getUint32(at + 24, true), at: data });
      at += 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    }
  } catch (error) {
    throw error instanceof RangeError ? damaged() : error;
  }
  return entries;
}

function bomb(): Unreadable {
  return new Unreadable('archive-bomb',
    'The file unpacks to far more than it weighs and was not opened. If it is a real document, save it again without embedded files.');
}

function damaged(): Unreadable {
  return new Unreadable('damaged',
    'The file is damaged, or no Word document (.docx) at all: it could not be opened. Save it again and upload the new file.');
}
