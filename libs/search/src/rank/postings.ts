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

/** A document's index: each term with its packed postings in the document's passages, numbered from `first` on. */
export function packDocument(passages: { counts: Map<string, number>; length: number }[], first: number): Map<string, Buffer> {
  const holders = new Map<string, number[]>();
  passages.forEach(({ counts }, index) => {
    for (const term of counts.keys()) {
      const list = holders.get(term);
      if (list) list.push(index);
      else holders.set(term, [index]);
    }
  });
  const packed = new Map<string, Buffer>();
  for (const [term, indexes] of holders) {
    const bytes = Buffer.alloc(indexes.length * ENTRY);
    indexes.forEach((index, at) => packPosting(bytes, at, first + index, passages[index]!.counts.get(term)!, passages[index]!.length));
    packed.set(term, bytes);
  }
  return packed;
}
