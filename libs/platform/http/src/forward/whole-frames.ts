const END = Buffer.from('\n\n');

/** A frame larger than this is handed on in parts. */
const MAX_HELD = 1_048_576;

/** Cuts what arrives behind the last whole frame, so that a comment or a farewell of the edge never lands inside one. */
export class WholeFrames {
  private held: Buffer = Buffer.alloc(0);

  /** The whole frames that can be handed on now; empty where there are none. */
  read(chunk: Buffer): Buffer {
    const bytes = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    const last = bytes.lastIndexOf(END);
    const end = last >= 0 ? last + END.length : bytes.length > MAX_HELD ? bytes.length : 0;
    this.held = bytes.subarray(end);
    return bytes.subarray(0, end);
  }
}
