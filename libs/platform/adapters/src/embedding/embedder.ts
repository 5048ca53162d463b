/** Turns texts into vectors of unit length whose dot product says how near their meanings are. */
export abstract class Embedder {
  /** Recorded beside each stored vector: vectors of another name are never compared. */
  abstract readonly name: string;
  abstract readonly dimensions: number;
  /** Whether nearness means likeness of meaning; an embedder that knows spelling only counts for little beside BM25. */
  abstract readonly semantic: boolean;
  /** One vector per text, in order. */
  abstract embed(texts: string[], kind: 'query' | 'passage'): Promise<Float32Array[]>;
}
