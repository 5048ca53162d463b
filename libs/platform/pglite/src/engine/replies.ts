/** Collects replies of one slice and sends them as one block, transferred, not copied. */
export class Replies {
  #chunks: Buffer[] = [];
  #parts: number[] = [];
  #bytes = 0;

  constructor(private readonly send: (bytes: Uint8Array, parts: number[]) => void) {}

  add(connection: number, bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#parts.push(connection, bytes.length);
    this.#bytes += bytes.length;
  }

  flush(): void {
    if (this.#chunks.length === 0) return;
    const block = new Uint8Array(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      block.set(chunk, at);
      at += chunk.length;
    }
    this.send(block, this.#parts);
    this.#chunks = [];
    this.#parts = [];
    this.#bytes = 0;
  }
}
