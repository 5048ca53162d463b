/** Turns texts into vectors of unit length whose dot product says how near their meanings are. */
export abstract class Embedder {
  /** Recorded beside each stored vector: vectors of another name are never compared. */
  abstract readonly name: string;
  abstract readonly dimensions: number;
  /** One vector per text, in order. */
  abstract embed(texts: string[], kind: 'query' | 'passage'): Promise<Float32Array[]>;
}
