/**
 * Where one term stands: the numbers of the passages that hold it, how often (weighted), and how long each passage is, so that BM25 needs
 * nothing else. Stored packed, 8 bytes a passage: number (4), count in quarters (2), length in quarters (2).
 */
export interface Postings {
  numbers: Uint32Array;
  counts: Float32Array;
  lengths: Float32Array;
}

const ENTRY = 8;
const MOST = 0xffff;

function packPosting(target: Buffer, at: number, number: number, count: number, length: number): void {
  target.writeUInt32LE(number, at * ENTRY);
  target.writeUInt16LE(Math.min(MOST, Math.round(count * 4)), at * ENTRY + 4);
  target.writeUInt16LE(Math.min(MOST, Math.round(length * 4)), at * ENTRY + 6);
}

export function unpackPostings(bytes: Buffer): Postings {
  const size = Math.floor(bytes.length / ENTRY);
  const numbers = new Uint32Array(size);
  const counts = new Float32Array(size);
  const lengths = new Float32Array(size);
  for (let at = 0; at < size; at++) {
    numbers[at] = bytes.readUInt32LE(at * ENTRY);
    counts[at] = bytes.readUInt16LE(at * ENTRY + 4) / 4;
    lengths[at] = bytes.readUInt16LE(at * ENTRY + 6) / 4;
  }
  return { numbers, counts, lengths };
}

/** Postings of some passages, in the order of their terms so that neighbouring rows go to neighbouring pages. */
export interface PackedPostings {
  /** Parted by spaces. */
  terms: string;
  /** Where the entries of each term end, in bytes, parted by spaces. */
  ends: string;
  /** Entries of all terms, one after the other. Passages are numbered from 0. */
  entries: Uint8Array;
}

export function packPostings(passages: readonly { counts: Map<string, number>; length: number }[]): PackedPostings {
  const holders = new Map<string, number[]>();
  passages.forEach(({ counts }, index) => {
    for (const term of counts.keys()) {
      const list = holders.get(term);
      if (list) list.push(index);
      else holders.set(term, [index]);
    }
  });
  const terms = [...holders.keys()].sort();
  const entries = Buffer.alloc(terms.reduce((sum, term) => sum + holders.get(term)!.length, 0) * ENTRY);
  let at = 0;
  const ends = terms.map((term) => {
    for (const index of holders.get(term)!) packPosting(entries, at++, index, passages[index]!.counts.get(term)!, passages[index]!.length);
    return at * ENTRY;
  });
  return { terms: terms.join(' '), ends: ends.join(' '), entries };
}

/** The same entries with passages numbered from `first` on. */
export function numberedFrom(first: number, entries: Uint8Array): Buffer {
  const numbered = Buffer.from(entries);
  for (let at = 0; at < numbered.length; at += ENTRY) numbered.writeUInt32LE(numbered.readUInt32LE(at) + first, at);
  return numbered;
}
